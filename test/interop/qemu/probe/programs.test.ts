/** The probe on programs that are no QEMU or behave badly, and on this system's own where it has one. */
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { vmmFingerprint } from '../../../../src/format/index.ts';
import { findProgram, probeQemu } from '../../../../src/interop/qemu/probe/index.ts';
import type { QemuProbeOptions } from '../../../../src/interop/qemu/probe/index.ts';
import { expandedModel, vmstateDump } from '../../../../src/model/index.ts';

const directory = mkdtempSync(join(tmpdir(), 'evenkeel-probe-'));
afterAll(() => rmSync(directory, { recursive: true }));

const options: QemuProbeOptions = {
  accelerator: 'tcg',
  machine: 'none',
  provenance: { method: 'probe', command: null, environment: {} },
};

let made = 0;
function script(text: string): string {
  const path = join(directory, `qemu-${made++}`);
  writeFileSync(path, `#!/bin/sh\n${text}\n`);
  chmodSync(path, 0o755);
  return path;
}

const GREETING = `echo '{"QMP": {"version": {"qemu": {"micro": 0, "minor": 1, "major": 9}, "package": ""}, "capabilities": []}}'`;
/** Answers each line with the next of these, `ID` replaced by what was asked. */
function answers(...lines: readonly string[]): string {
  const cases = lines.map((line) => `read -r asked; id=\${asked##*:}; id=\${id%\\}}; echo '${line}' | sed "s/ID/$id/"`);
  return [GREETING, ...cases].join('\n');
}

describe('a program that', () => {
  test.each<[what: string, program: string, code: string, says: RegExp]>([
    ['does nothing is no QEMU', script('exit 0'), 'no-qemu', /without a greeting \(exit code 0\)/],
    [
      'refuses its arguments is quoted',
      script('echo "unknown option -S" >&2; exit 2'),
      'no-qemu',
      /exit code 2\): unknown option -S/,
    ],
    ['dies of a signal says which', script('kill -SEGV $$'), 'no-qemu', /SIGSEGV/],
    ['talks, but not QMP, is quoted', script('echo hello; sleep 60'), 'no-qemu', /does not speak QMP: "hello"/],
    [
      'talks without end is ended',
      script('while :; do printf xxxxxxxxxxxxxxxx; done'),
      'no-qemu',
      /no greeting|longer than/,
    ],
    ['says nothing is ended', script('sleep 60'), 'no-qemu', /no greeting came/],
    [
      'greets and then hangs is ended',
      script(`${answers('{"return": {}, "id": ID}')}\nsleep 60`),
      'deadline',
      /query-target: no answer/,
    ],
    ['greets and then dies is a failure', script(answers('{"return": {}, "id": ID}')), 'failed', /closed/],
    [
      'is a QEMU of another architecture is named',
      script(`${answers('{"return": {}, "id": ID}', '{"return": {"arch": "s390x"}, "id": ID}')}\nsleep 60`),
      'no-qemu',
      /s390x/,
    ],
    [
      'gives machine types that are none is a failure',
      script(
        `${answers('{"return": {}, "id": ID}', '{"return": {"arch": "x86_64"}, "id": ID}', '{"return": [{"alias": 3}], "id": ID}')}\nsleep 60`,
      ),
      'failed',
      /query-machines: a machine type without name/,
    ],
  ])('%s', async (_, program, code, says) => {
    const begun = performance.now();
    const probed = await probeQemu({ program, parameters: [], environment: {} }, { ...options, milliseconds: 1000 });
    expect(probed).toMatchObject({ ok: false, error: { code } });
    expect(probed.ok ? '' : probed.error.message).toMatch(says);
    expect(performance.now() - begun).toBeLessThan(20_000);
  });

  test('is to be interrupted is gone at once', async () => {
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 100);
    const program = script('sleep 60');
    const probed = await probeQemu(
      { program, parameters: [], environment: {} },
      { ...options, signal: controller.signal },
    );
    expect(probed).toMatchObject({ ok: false, error: { code: 'interrupted' } });
  });
});

describe("this system's QEMU", () => {
  const program = ['qemu-system-x86_64', 'qemu-system-aarch64'].map(findProgram).find((path) => path !== null);

  test('says what it can do, and says the same again', { timeout: 180_000 }, async (context) => {
    if (program === undefined || program === null) return context.skip('no qemu-system-… in PATH');
    const qemu = { program, parameters: [], environment: {} };
    const first = await probeQemu(qemu, options);
    if (!first.ok) throw new Error(first.error.message);
    const surface = first.value;
    expect(surface.vmm.version).toMatch(/^\d+\.\d+\.\d+$/);
    expect(surface.fingerprint).toBe(vmmFingerprint(surface));
    expect(surface.machines['none']).toBeDefined();
    const dump = vmstateDump(surface, 'none');
    expect(Object.keys(dump ?? {})).toEqual(expect.arrayContaining(['vmschkmachine', 'virtio-net-device', 'nvme']));
    expect(expandedModel(surface, 'max')).not.toBeNull();
    const again = await probeQemu(qemu, options);
    expect(again.ok && again.value.fingerprint).toBe(surface.fingerprint);
  });
});
