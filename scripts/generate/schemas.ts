/** Writes the published JSON Schemas: `node scripts/generate/schemas.ts`. A test checks that they are current. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PUBLISHED_FORMATS, jsonSchemaOf, stringify } from '../../src/format/index.ts';

const directory = join(import.meta.dirname, '../../schemas');

mkdirSync(directory, { recursive: true });
for (const format of PUBLISHED_FORMATS) {
  writeFileSync(join(directory, `${format}-1.schema.json`), stringify(jsonSchemaOf(format)));
}
