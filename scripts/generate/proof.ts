/**
 * docs/proof.md: what is predicted of round trips between real kernels, and what happened. `node scripts/generate/proof.ts`, from
 * docs/data/proof.json, which `evenkeel lab roundtrip --all --write docs/data/proof.json` records.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { proofMarkdown } from '../../src/cli/roundtrip/markdown.ts';
import { proofSchema, writeWhole } from '../../src/format/index.ts';

const ROOT = join(import.meta.dirname, '../..');

export function proofPage(): string {
  const json: unknown = JSON.parse(readFileSync(join(ROOT, 'docs/data/proof.json'), 'utf8'));
  return proofMarkdown(proofSchema.parse(json));
}

if (import.meta.main) {
  const written = writeWhole(join(ROOT, 'docs/proof.md'), proofPage());
  if (!written.ok) throw new Error(written.error.message);
}
