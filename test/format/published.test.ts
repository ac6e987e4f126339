import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { PUBLISHED_FORMATS, jsonSchemaOf, stringify } from '../../src/format/index.ts';

describe('the published JSON Schemas', () => {
  test.each(PUBLISHED_FORMATS)('%s is current', (format) => {
    const path = join(import.meta.dirname, '../../schemas', `${format}-1.schema.json`);
    expect(readFileSync(path, 'utf8'), 'run node scripts/generate/schemas.ts').toBe(stringify(jsonSchemaOf(format)));
  });
});
