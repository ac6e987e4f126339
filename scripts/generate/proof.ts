/**
 * docs/proof.md: what is predicted of round trips between real kernels, and what happened. `node scripts/generate/proof.ts`, from
 * docs/data/proof.json and docs/data/qemu-proof.json, which `evenkeel lab roundtrip --all --write docs/data/proof.json` and
 * `evenkeel lab qemu-roundtrip --all --write docs/data/qemu-proof.json` record.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { qemuProofMarkdown } from '../../src/cli/qemu-roundtrip/markdown.ts';
import { proofMarkdown } from '../../src/cli/roundtrip/markdown.ts';
import { proofSchema, qemuProofSchema, writeWhole } from '../../src/format/index.ts';

const ROOT = join(import.meta.dirname, '../..');

function data(name: string): unknown {
  return JSON.parse(readFileSync(join(ROOT, 'docs/data', name), 'utf8'));
}

export function proofPage(): string {
  const kvm = proofMarkdown(proofSchema.parse(data('proof.json')));
  const qemu = qemuProofMarkdown(qemuProofSchema.parse(data('qemu-proof.json')));
  return `${kvm}\n${qemu}`;
}

if (import.meta.main) {
  const written = writeWhole(join(ROOT, 'docs/proof.md'), proofPage());
  if (!written.ok) throw new Error(written.error.message);
}
