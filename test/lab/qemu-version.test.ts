/** Debian's QEMU of a version, asked here, says what the recording of it says. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { vmmFingerprint } from '../../src/format/index.ts';
import { labContext, recordQemu } from '../../src/lab/index.ts';
import { QEMU_PROGRAM, startFrom, thisMachine } from '../../src/lab/qemu-sysroot.ts';
import { QEMU_VERSIONS, cachedQemuVersion } from '../../src/lab/qemu-version.ts';
import type { VmmSurface } from '../../src/model/index.ts';
import { REQUIRED } from './ready.ts';

const RECORDED = join(import.meta.dirname, '../../surfaces/vmm');

describe('QEMU of a Debian release', () => {
  test('10.0 for x86_64 is recorded the same again', { timeout: 600_000 }, async (context) => {
    const lab = labContext();
    const machine = thisMachine();
    if (machine === null) return context.skip(`Debian has no QEMU for ${process.arch}`);
    const wanted = { version: '10.0', emulates: 'x86_64', runsOn: machine, everyDevice: true } as const;
    if (!REQUIRED && cachedQemuVersion(lab, wanted) === null) {
      return context.skip('QEMU 10.0 is not in the cache: evenkeel qemu record');
    }
    const directory = mkdtempSync(join(tmpdir(), 'evenkeel-record-'));
    try {
      const [recorded] = await recordQemu(lab, { directory, versions: ['10.0'], architectures: ['x86_64'] });
      if (recorded === undefined || !recorded.result.ok) throw new Error(JSON.stringify(recorded?.result));
      const { surface, compared } = recorded.result.value;
      expect(compared).toBe('new');
      expect(surface.fingerprint).toBe(vmmFingerprint(surface));
      const before = JSON.parse(readFileSync(join(RECORDED, 'qemu-10.0/x86_64.json'), 'utf8')) as VmmSurface;
      // Debian may have a newer package by now; it is the same one that has to say the same.
      if (before.vmm.package === surface.vmm.package) expect(surface.fingerprint).toBe(before.fingerprint);
      else expect(Object.keys(surface.machines)).toEqual(expect.arrayContaining(['pc-q35-10.0', 'none']));
      const [again] = await recordQemu(lab, { directory, versions: ['10.0'], architectures: ['x86_64'] });
      expect(again?.result.ok && again.result.value.compared).toBe('same');
    } finally {
      rmSync(directory, { recursive: true });
    }
  });

  test('is started where its folder will be, not where it is', (context) => {
    const lab = labContext();
    const cached = QEMU_VERSIONS.map((version) =>
      cachedQemuVersion(lab, { version, emulates: 'arm64', runsOn: 'arm64' }),
    ).find((sysroot) => sysroot !== null);
    if (cached === undefined || cached === null) return context.skip('no arm64 QEMU in the cache');
    const start = startFrom(cached, '/qemu');
    if (!start.ok) throw new Error(start.error.message);
    const { program, parameters, environment } = start.value;
    expect(program).toMatch(/^\/qemu\/.*ld-linux-aarch64\.so\.1$/);
    expect(parameters).toContain(`/qemu/usr/bin/${QEMU_PROGRAM.arm64}`);
    expect([...parameters, ...Object.values(environment)].join(' ')).not.toContain(cached.root);
  });
});
