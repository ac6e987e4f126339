/**
 * The programs themselves take the arguments. Without KVM features cannot be had, so `enforce` is left out, and on arm64 the
 * model is `max`; that a guest then reads what was promised is for the lab (test/lab/qemu-export.test.ts).
 */
import { spawn } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { QEMU_VERSIONS } from '../../../../src/arch/vmm/qemu-version.ts';
import { argumentList, qemuArguments } from '../../../../src/interop/qemu/export/index.ts';
import type { QemuArguments } from '../../../../src/interop/qemu/export/index.ts';
import type { QemuStart } from '../../../../src/lab/qemu-sysroot.ts';
import { captures, needsCaptures } from '../../firecracker/captures.ts';
import { qemuProgram } from '../programs.ts';
import { PAIRS, contractOf } from './contracts.ts';

/** Properties that only KVM has; of address bits TCG knows 40 alone (5.2: TCG_PHYS_ADDR_BITS). */
const KVM_ONLY = ['enforce', 'phys-bits', 'guest-phys-bits', 'kvm-steal-time', 'kvm-psci-version'];

function emulated({ cpu, machine, overcommit }: QemuArguments, model: string): string[] {
  const properties = cpu.properties.filter(({ name }) => !KVM_ONLY.includes(name));
  const list = argumentList({ machine, accel: [], overcommit, cpu: { model, properties } });
  return list.with(list.indexOf('-accel') + 1, 'tcg');
}

interface Answer {
  readonly status: number | null;
  readonly said: string;
}

/** Starts it without running the guest, and ends it by QMP. */
function start({ program, parameters, environment }: QemuStart, list: readonly string[]): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const more = ['-S', '-display', 'none', '-nodefaults', '-monitor', 'none', '-qmp', 'stdio'];
  const child = spawn(program, [...parameters, ...list, ...more], { env: { ...process.env, ...environment } });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
  child.stdout.resume();
  child.stdin.on('error', () => undefined);
  child.on('error', reject);
  child.on('close', (status) => resolve({ status, said }));
  child.stdin.end('{"execute": "qmp_capabilities"}\n{"execute": "quit"}\n');
  return promise;
}

describe.each(PAIRS)('$recorded.name: QEMU $version', ({ recorded, version }) => {
  const { architecture } = recorded.surface;

  test('takes the arguments', { timeout: 120_000 }, async (context) => {
    const program = await qemuProgram(context, version, architecture);
    const found = qemuArguments(contractOf(recorded, version), { version });
    if (!found.ok) throw new Error(found.error);
    const list = emulated(found.value.arguments, architecture === 'x86_64' ? 'base' : 'max');
    const { status, said } = await start(program, list);
    expect(status, said).toBe(0);
  });
});

describe.each(QEMU_VERSIONS)('QEMU %s', (version) => {
  // Intel's features, SGX and AMX among them, that no emulated host of the recorded ones has.
  test('takes the arguments of real CPUs, as Firecracker dumped them', { timeout: 240_000 }, async (context) => {
    needsCaptures(context);
    const program = await qemuProgram(context, version, 'x86_64');
    for (const { name, surface } of captures().filter((each) => each.surface.architecture === 'x86_64')) {
      const found = qemuArguments(contractOf({ name, surface }, version), { version });
      if (!found.ok) throw new Error(found.error);
      const { status, said } = await start(program, emulated(found.value.arguments, 'base'));
      expect(status, `${name}: ${said}`).toBe(0);
    }
  });
});

test('a property that no QEMU has is not taken: the check can fail', { timeout: 120_000 }, async (context) => {
  const program = await qemuProgram(context, '7.2', 'x86_64');
  const { status, said } = await start(program, [
    '-machine',
    'pc-q35-7.2',
    '-accel',
    'tcg',
    '-cpu',
    'base,evenkeel=on',
  ]);
  expect(status).toBe(1);
  expect(said).toContain('evenkeel');
});
