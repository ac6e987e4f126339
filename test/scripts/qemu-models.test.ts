import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { qemuModelsText } from '../../scripts/generate/qemu-models.ts';

test("the table of QEMU's CPU models in libvirt's names is what the recorded VMM surfaces give", () => {
  const file = new URL('../../src/interop/libvirt/tables/qemu-models.ts', import.meta.url);
  expect(readFileSync(file, 'utf8')).toBe(qemuModelsText());
});
