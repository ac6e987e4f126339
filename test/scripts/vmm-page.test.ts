import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { vmmPage } from '../../scripts/generate/vmm.ts';

test('docs/vmm.md says what the profiles say: node scripts/generate/vmm.ts writes it', () => {
  const page = readFileSync(fileURLToPath(new URL('../../docs/vmm.md', import.meta.url)), 'utf8');
  expect(page).toBe(`${vmmPage().trimEnd()}\n`);
});
