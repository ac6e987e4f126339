/** arm64 guests on real kernels: what operations give, and what the witness notices. */
import { describe, expect, it } from 'vitest';
import type { TestContext } from 'vitest';
import { hvc, load, mrs, msr, store } from '../../src/guest/arm64/index.ts';
import type { PlainOperation } from '../../src/guest/arm64/index.ts';
import type { WitnessReport } from '../../src/guest/witness.ts';
import { ask } from '../../src/lab/ask.ts';
import { labContext } from '../../src/lab/index.ts';
import { PATIENCE } from '../../src/lab/probe.ts';
import type { Json } from '../../src/model/index.ts';
import type { Arm64GuestRequest } from '../../src/worker/guest-arm64.ts';
import { defaultPlan } from './default-plan.ts';
import { ready } from './ready.ts';

const MILLISECONDS = 600_000;
type Question = Pick<Extract<Arm64GuestRequest, { operations: unknown }>, 'operations'> | { witness: object };

/** The section's data. */
async function answer(
  test: TestContext,
  kernel: string,
  cpu: string,
  question: Question & { readonly vcpus?: number },
): Promise<Json> {
  const prepared = await ready(test, 'arm64', kernel);
  const plan = await defaultPlan('arm64', kernel, cpu);
  // The shape is checked where it is written down, in this file.
  const request = { kind: 'guest', architecture: 'arm64', plan, ...question } as Arm64GuestRequest;
  const asked = await ask(labContext(), prepared, { architecture: 'arm64', cpu, request, patience: PATIENCE });
  if (!asked.ok) throw new Error(`${asked.error.message}\n${asked.error.console?.join('\n')}`);
  const section = asked.value.sections['guest'];
  if (section?.outcome !== 'measured') throw new Error(JSON.stringify(section));
  return section.data;
}

const HERE = 0x4003_0000;
const read = (register: string, flip: `0x${string}`): PlainOperation => ({
  kind: 'try',
  at: { register },
  write: { flip },
});

/** Each with what the architecture says must come of it, whatever the kernel. */
const OPERATIONS: readonly (readonly [operation: PlainOperation, outcome: object])[] = [
  // The Neoverse N1: implementer Arm (0x41), part 0xd0c; its technical reference manual, B2.91.
  [mrs('MIDR_EL1'), { kind: 'values', values: [expect.stringMatching(/^0x41.fd0c.$/)] }],
  // EL2's registers do not exist at EL1: undefined.
  [mrs('VTTBR_EL2'), { kind: 'fault', exception: 'synchronous', origin: 'current', exceptionClass: 0 }],
  // A write of an ID register.
  [msr('MIDR_EL1', 0n), { kind: 'fault', exceptionClass: 0 }],
  [msr('TPIDR_EL0', 0x1122_3344_5566_7788n), { kind: 'values', values: [] }],
  [mrs('TPIDR_EL0'), { kind: 'values', values: ['0x1122334455667788'] }],
  [read('TPIDR_EL0', '0xff'), { kind: 'values', values: ['0x1122334455667788', '0x1122334455667777'] }],
  [mrs('TPIDR_EL0'), { kind: 'values', values: ['0x1122334455667788'] }],
  [store(64, HERE, 0x1122_3344_5566_7788n), { kind: 'values', values: [] }],
  [load(8, HERE), { kind: 'values', values: ['0x88'] }],
  [load(16, HERE), { kind: 'values', values: ['0x7788'] }],
  // Unaligned: normal memory.
  [load(32, HERE + 1), { kind: 'values', values: ['0x44556677'] }],
  // Above the 32 bits that are mapped: a data abort, and FAR says where.
  [load(64, 0x1_0000_0000), { kind: 'fault', exceptionClass: 0x25, far: '0x100000000' }],
  // PSCI_VERSION: 1.0 or later.
  [hvc(0x8400_0000), { kind: 'values', values: [expect.stringMatching(/^0x1000.$/), '0x0', '0x0', '0x0'] }],
  // A function id that nobody has: not supported, -1.
  [hvc(0x8400_ffff), { kind: 'values', values: ['0xffffffffffffffff', '0x0', '0x0', '0x0'] }],
  [
    { kind: 'pause', tag: 1 },
    { kind: 'values', values: [] },
  ],
  [{ kind: 'isb' }, { kind: 'values', values: [] }],
  // GICD_PIDR2.ArchRev: GICv3 (IHI 0069, 12.9.28).
  [load(32, 0x0800_ffe8), { kind: 'values', values: [expect.stringMatching(/^0x3.$/)] }],
];

describe('an arm64 guest', () => {
  for (const kernel of ['debian:5.10', 'debian:7.2']) {
    it(
      `on ${kernel} gives what operations must give, and goes on behind faults`,
      { timeout: MILLISECONDS },
      async (test) => {
        const operations = OPERATIONS.map(([operation]) => operation);
        expect(await answer(test, kernel, 'neoverse-n1', { operations })).toMatchObject({
          ended: { how: 'done' },
          outcomes: OPERATIONS.map(([, outcome]) => outcome),
          outside: null,
        });
      },
    );

    it(`on ${kernel} finds its machine unchanged for 60 rounds`, { timeout: MILLISECONDS }, async (test) => {
      const { ended, report } = await witness(test, kernel, 'max', { rounds: 60 });
      expect(ended).toEqual({ how: 'rounds' });
      expect(report.vcpus).toHaveLength(2);
      for (const vcpu of report.vcpus) {
        expect(vcpu).toMatchObject({ unanswered: 0, strayInterrupts: 0, changes: [], changesNotKept: 0 });
        expect(vcpu.checks.filter(({ failures }) => failures > 0)).toEqual([]);
        expect(vcpu.first.filter(({ value }) => value.kind === 'not-reached')).toEqual([]);
        expect(vcpu.rounds).toBeGreaterThanOrEqual(60);
        expect(vcpu.ipis).toBeGreaterThanOrEqual(60);
        // A fast machine does some rounds between two ticks.
        expect(vcpu.timerTicks).toBeGreaterThan(1);
        // vCPU 0 sends one in each of its rounds; two that come before the vCPU has its turn are one.
        expect(vcpu.messages).toBeGreaterThanOrEqual(10);
      }
    });
  }

  it(
    'notices memory, registers, vectors and time that others have changed',
    { timeout: MILLISECONDS },
    async (test) => {
      const { report } = await witness(test, 'debian:5.10', 'neoverse-n1', { rounds: 5, disturb: true });
      const [first, second] = report.vcpus.map(({ checks, changes }) => ({
        failed: checks.filter(({ failures }) => failures > 0).map(({ name }) => name),
        changed: changes.map(({ path }) => path),
      }));
      expect(first).toEqual({ failed: ['memory', 'vectors', 'counter'], changed: [] });
      // CPACR_EL1 lets FP and SIMD trap: the check of the vector registers is an exception that nothing may raise.
      expect(second).toEqual({ failed: ['counter', 'exceptions'], changed: ['reg/CPACR_EL1', 'reg/TPIDR_EL0'] });
    },
  );
});

async function witness(
  test: TestContext,
  kernel: string,
  cpu: string,
  question: { readonly rounds: number; readonly disturb?: boolean },
): Promise<{ readonly ended: Json; readonly report: WitnessReport }> {
  const data = await answer(test, kernel, cpu, { vcpus: 2, witness: question });
  // What the worker wrote, which is the same version of the same program.
  return JSON.parse(JSON.stringify(data)) as { readonly ended: Json; readonly report: WitnessReport };
}
