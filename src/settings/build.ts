/**
 * A plan's machine with as many vCPUs as are wanted, made and left open: a guest is loaded into it, or a state restored
 * onto it. What a plan does not say, because no promise depends on it, and a guest cannot run without, is done here too.
 */
import {
  KVM_CREATE_PIT2,
  KVM_SET_IDENTITY_MAP_ADDR,
  KVM_SET_TSS_ADDR,
  hasAttribute,
  setAttribute,
} from '../kvm/index.ts';
import type { KvmError } from '../kvm/index.ts';
import { ok } from '../model/index.ts';
import type { Plan, PlanCall, Result, StepResult } from '../model/index.ts';
import { isPerVcpu, makeCall } from './calls.ts';
import { Machine } from './machine.ts';
import type { Host } from './machine.ts';

export interface BuildOptions {
  /** How many; their numbers begin with 0. Default: 1. */
  readonly vcpus?: number;
  /** Is told what is being done, so that a deadline can name it. */
  readonly note?: (what: string) => void;
}

/** What came of a plan's step: the worst result of all vCPUs, in their order. */
export interface Built {
  readonly machine: Machine;
  readonly steps: readonly StepResult[];
  /** What a VMM does besides, and what the kernel said where it refused. */
  readonly besides: readonly KvmError[];
}

const DONE: StepResult = { outcome: 'done' };

/** Every step is made, whatever came of those before. The caller disposes of the machine. */
export function build(host: Host, plan: Plan, { vcpus = 1, note = () => undefined }: BuildOptions = {}): Built {
  const machine = new Machine(host);
  const ids = Array.from({ length: vcpus }, (_, id) => id);
  const besides: KvmError[] = [];
  const also = (done: Result<unknown, KvmError>): void => {
    if (!done.ok) besides.push(done.error);
  };
  const steps = plan.steps.map(({ rule, call }) => {
    note(`${rule}: ${call.call}`);
    before(machine, call, plan, also);
    const results = (isPerVcpu(call) ? ids : [0]).map((id) => makeCall(machine, call, id));
    after(machine, call, also);
    return results.find(({ outcome }) => outcome !== 'done') ?? DONE;
  });
  finish(machine, plan, also);
  return { machine, steps, besides };
}

type Also = (done: Result<unknown, KvmError>) => void;

/** Where Intel CPUs keep three pages, and one behind them, for a guest in real mode: below the BIOS, as QEMU has it. */
const TSS_ADDRESS = 0xfffb_d000;
const IDENTITY_MAP_ADDRESS = 0xfffb_c000n;

function before({ vm }: Machine, call: PlanCall, { architecture }: Plan, also: Also): void {
  if (vm === null || architecture !== 'x86_64' || call.call !== 'KVM_CREATE_VCPU') return;
  also(vm.integer(KVM_SET_TSS_ADDR, TSS_ADDRESS));
  also(vm.struct(KVM_SET_IDENTITY_MAP_ADDR, { address: IDENTITY_MAP_ADDRESS }));
}

function after({ vm }: Machine, call: PlanCall, also: Also): void {
  if (vm !== null && call.call === 'KVM_CREATE_IRQCHIP') also(vm.struct(KVM_CREATE_PIT2, {}));
}

/** KVM_ARM_VCPU_PMU_V3_CTRL: its attributes IRQ and INIT; the overflow interrupt's PPI, as Arm's BSA assigns it. */
const PMU = 0;
const PMU_IRQ = 0n;
const PMU_INIT = 1n;
const PMU_PPI = 23n;

/** A vCPU with a PMU does not run before it has been initialized (arch/arm64/kvm/pmu-emul.c, kvm_arm_pmu_v3_enable). */
function finish({ vcpus, host, devices }: Machine, { architecture }: Plan, also: Also): void {
  if (architecture !== 'arm64') return;
  for (const { fd } of vcpus) {
    const has = hasAttribute(fd, PMU, PMU_INIT);
    if (!has.ok || !has.value) continue;
    if (devices.size > 0) also(setAttribute(fd, host.scratch, PMU, PMU_IRQ, PMU_PPI));
    also(initialized(setAttribute(fd, host.scratch, PMU, PMU_INIT, 0n)));
  }
}

/** EBUSY: the plan did it. */
function initialized(done: Result<unknown, KvmError>): Result<unknown, KvmError> {
  return !done.ok && done.error.errnoName === 'EBUSY' ? ok(undefined) : done;
}
