/**
 * Real QEMUs on the machine that runs the tests: those of Debian's suites from the lab's cache, and for 7.2 the system's,
 * where it is that version. No KVM: they are asked what they take, or run guests under emulation.
 */
import { spawnSync } from 'node:child_process';
import type { TestContext } from 'vitest';
import type { QemuVersion } from '../../../src/arch/vmm/qemu-version.ts';
import { labContext } from '../../../src/lab/index.ts';
import { QEMU_PROGRAM, startFrom, thisMachine } from '../../../src/lab/qemu-sysroot.ts';
import type { QemuStart } from '../../../src/lab/qemu-sysroot.ts';
import { cachedQemuVersion, provideQemuVersion } from '../../../src/lab/qemu-version.ts';
import type { Architecture } from '../../../src/model/index.ts';

const REQUIRED = process.env['EVENKEEL_LAB_REQUIRED'] === '1';

/** A program of that version, or the test is skipped; where labs are required it is fetched. */
export async function qemuProgram(test: TestContext, version: QemuVersion, emulates: Architecture): Promise<QemuStart> {
  const installed = { program: QEMU_PROGRAM[emulates], parameters: [], environment: {} };
  if (isInstalled(installed.program, version)) return installed;
  const runsOn = thisMachine();
  if (runsOn === null) return test.skip(`Debian has no QEMU for ${process.arch} that the lab knows how to start`);
  const wanted = { version, emulates, runsOn };
  const cached = cachedQemuVersion(labContext(), wanted);
  if (cached === null && !REQUIRED) {
    return test.skip(`QEMU ${version} for ${emulates} is neither installed nor in the lab's cache`);
  }
  const sysroot =
    cached === null ? await provideQemuVersion(labContext(), wanted) : { ok: true as const, value: cached };
  if (!sysroot.ok) throw new Error(sysroot.error.message);
  const started = startFrom(sysroot.value);
  if (!started.ok) throw new Error(started.error.message);
  return started.value;
}

function isInstalled(program: string, version: QemuVersion): boolean {
  const { stdout } = spawnSync(program, ['--version'], { encoding: 'utf8' });
  return typeof stdout === 'string' && stdout.includes(`version ${version}.`);
}
