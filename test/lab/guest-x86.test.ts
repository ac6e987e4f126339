/** x86 guests on real kernels: what operations give, and what the witness notices. */
import { describe, expect, it } from 'vitest';
import type { TestContext } from 'vitest';
import type { GuestOperationJson } from '../../src/guest/x86/operation-json.ts';
import type { WitnessReport } from '../../src/guest/witness.ts';
import { ask } from '../../src/lab/ask.ts';
import { labContext } from '../../src/lab/index.ts';
import { PATIENCE } from '../../src/lab/probe.ts';
import type { Json } from '../../src/model/index.ts';
import type { X86GuestRequest } from '../../src/worker/guest-x86.ts';
import { ready } from './ready.ts';

const MILLISECONDS = 600_000;

/** The section's data. */
async function answer(test: TestContext, kernel: string, request: X86GuestRequest): Promise<Json> {
  const prepared = await ready(test, 'x86_64', kernel);
  const asked = await ask(labContext(), prepared, { architecture: 'x86_64', request, patience: PATIENCE });
  if (!asked.ok) throw new Error(`${asked.error.message}\n${asked.error.console?.join('\n')}`);
  const section = asked.value.sections['guest'];
  if (section?.outcome !== 'measured') throw new Error(JSON.stringify(section));
  return section.data;
}

const values = (...of: readonly unknown[]): object => ({ outcome: 'values', values: of });
const fault = (vector: number, more: object = {}): object => ({ outcome: 'fault', vector, ...more });
const LSTAR = 0xc000_0082;

/** Each with what the architecture says must come of it, whatever the kernel. */
const OPERATIONS: readonly (readonly [operation: GuestOperationJson, outcome: object])[] = [
  // AuthenticAMD: the lab's x86 machines have SVM.
  [{ do: 'cpuid', leaf: 0, subleaf: 0 }, values(expect.any(String), '0x68747541', '0x444d4163', '0x69746e65')],
  // Where nothing is: before any fault, see docs/lab.md.
  [{ do: 'load', address: '0xd0000000', bytes: 4 }, values('0xffffffff')],
  [{ do: 'rdmsr', index: 0x1b }, values('0xfee00900')],
  [{ do: 'rdmsr', index: 0x1234_5678 }, fault(13, { instruction: 'rdmsr', errorCode: '0x0' })],
  [{ do: 'wrmsr', index: LSTAR, value: '0x123456789a' }, values()],
  [{ do: 'rdmsr', index: LSTAR }, values('0x123456789a')],
  // XGETBV without CR4.OSXSAVE, and with it.
  [{ do: 'xgetbv', index: 0 }, fault(6, { instruction: 'xgetbv' })],
  [{ do: 'write-control', register: 'cr4', value: '0x40220' }, values()],
  [{ do: 'xgetbv', index: 0 }, values('0x1')],
  [{ do: 'xsetbv', index: 0, value: '0x2' }, fault(13, { instruction: 'xsetbv' })],
  [{ do: 'read-control', register: 'cr0' }, values('0x80010033')],
  [{ do: 'store', address: '0xb000', bytes: 8, value: '0x1122334455667788' }, values()],
  [{ do: 'load', address: '0xb001', bytes: 2 }, values('0x6677')],
  // Not mapped: not present, a read, from ring 0. Not canonical.
  [{ do: 'load', address: '0x100000000', bytes: 4 }, fault(14, { cr2: '0x100000000', errorCode: '0x0' })],
  [{ do: 'load', address: '0x8000000000000000', bytes: 4 }, fault(13)],
  [{ do: 'in', port: 0x500, bytes: 2 }, values('0xffff')],
  // KVM_EPERM is 1, KVM_ENOSYS 1000 (include/uapi/linux/kvm_para.h): a hypercall that nobody has.
  [{ do: 'hypercall', instruction: 'vmmcall', rax: '0x1000' }, values('0xfffffffffffffc18')],
  [{ do: 'hypercall', instruction: 'vmcall', rax: '0x1000' }, values('0xfffffffffffffc18')],
  [{ do: 'raw', code: [0xcc] }, fault(3)],
  [{ do: 'raw', code: [0x0f, 0x0b] }, fault(6, { instruction: '0f 0b' })],
  [{ do: 'raw', code: [0xcd, 0x40], rax: '0x5' }, values('0x5', '0x0', '0x0', '0x0')],
  // xor esp, esp; push rax: a stack that is not there. Handlers have their own.
  [{ do: 'raw', code: [0x31, 0xe4, 0x50] }, fault(14, { cr2: '0xfffffffffffffff8', errorCode: '0x2' })],
  [{ do: 'host', token: 1 }, values()],
];

describe('an x86 guest', () => {
  // In the local APIC's page on one kernel, by its MSRs on the other.
  for (const [kernel, x2apic] of [
    ['debian:5.10', false],
    ['debian:7.2', true],
  ] as const) {
    it(
      `on ${kernel} gives what operations must give, and goes on behind faults`,
      { timeout: MILLISECONDS },
      async (test) => {
        const operations = OPERATIONS.map(([operation]) => operation);
        const request = { kind: 'guest', architecture: 'x86_64', mode: 'long', operations } as const;
        expect(await answer(test, kernel, request)).toMatchObject({
          ended: 'finished',
          outcomes: OPERATIONS.map(([, outcome]) => ({ outcome })),
        });
      },
    );

    it(`on ${kernel} finds its machine unchanged for 50 rounds`, { timeout: MILLISECONDS }, async (test) => {
      const { ended, report } = await witness(test, kernel, { rounds: 50, xfeatures: ['avx', 'pkru'], x2apic });
      expect(ended).toEqual({ how: 'rounds' });
      expect(report.vcpus).toHaveLength(2);
      const bases = report.vcpus.map(({ first }) => first.find(({ path }) => path === 'msr/MSR_IA32_APICBASE')?.value);
      const modes = x2apic ? ['0xfee00d00', '0xfee00c00'] : ['0xfee00900', '0xfee00800'];
      expect(bases).toEqual(modes.map((value) => ({ kind: 'values', values: [value] })));
      for (const vcpu of report.vcpus) {
        expect(vcpu).toMatchObject({ unanswered: 0, strayInterrupts: 0, changes: [], changesNotKept: 0 });
        expect(vcpu.checks.filter(({ failures }) => failures > 0)).toEqual([]);
        expect(vcpu.setup.filter(({ kind }) => kind !== 'values')).toEqual([]);
        expect(vcpu.setup.at(-1)).toEqual({ kind: 'values', values: ['0x207'] });
        expect(vcpu.first.filter(({ value }) => value.kind === 'not-reached')).toEqual([]);
        expect(vcpu.rounds).toBeGreaterThanOrEqual(50);
        expect(vcpu.ipis).toBeGreaterThanOrEqual(50);
        expect(vcpu.timerTicks).toBeGreaterThan(10);
      }
    });
  }

  it(
    'notices memory, vectors, registers and time that others have changed, and an interrupt that nobody sent',
    { timeout: MILLISECONDS },
    async (test) => {
      const { report } = await witness(test, 'debian:5.10', { rounds: 8, disturb: true });
      const [first, second] = report.vcpus.map(({ checks, changes, strayInterrupts }) => ({
        failed: checks.filter(({ failures }) => failures > 0).map(({ name }) => name),
        changed: changes.map(({ path }) => path).toSorted(),
        strayInterrupts,
      }));
      expect(first).toEqual({ failed: ['memory', 'vectors', 'registers', 'counter'], changed: [], strayInterrupts: 0 });
      expect(second).toEqual({ failed: [], changed: ['control/dr1', 'msr/MSR_LSTAR'], strayInterrupts: 1 });
    },
  );
});

async function witness(
  test: TestContext,
  kernel: string,
  question: Extract<X86GuestRequest, { witness: unknown }>['witness'],
): Promise<{ readonly ended: Json; readonly report: WitnessReport }> {
  const request = { kind: 'guest', architecture: 'x86_64', vcpus: 2, witness: question } as const;
  const data = await answer(test, kernel, request);
  // What the worker wrote, which is the same version of the same program.
  return JSON.parse(JSON.stringify(data)) as { readonly ended: Json; readonly report: WitnessReport };
}
