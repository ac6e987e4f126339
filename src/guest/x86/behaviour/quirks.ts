/** Tests of KVM_X86_QUIRK_*: each does what the quirk is about and says what it met. */
import { KVM_GET_REGS } from '../../../kvm/index.ts';
import type { KvmError } from '../../../kvm/index.ts';
import { ok } from '../../../model/index.ts';
import type { Result } from '../../../model/index.ts';
import { runTable } from '../index.ts';
import type { GuestOperation } from '../index.ts';
import {
  ANY_MODE,
  LONG_MODE,
  PLAIN,
  VECTOR,
  came,
  faultOf,
  said,
  tried,
  undecided,
  valueOf,
  HIDDEN,
  WITHOUT_MONITOR,
} from './test.ts';
import type { BehaviourTest, Came } from './test.ts';

/** The local APIC's page and registers in it (Intel SDM volume 3, table 12-1). */
export const APIC_PAGE = 0xfee0_0000n;
const LVT_LINT0 = 0x350n;
const APIC_VERSION = 0x30n;
const LVT_MASKED = 0x1_0000n;
export const IA32_APIC_BASE = 0x1b;
/** Enabled, x2APIC mode, bootstrap processor. */
export const X2APIC_BASE = 0xfee0_0d00n;

export const lint0Reenabled: BehaviourTest = {
  id: 'lint0-reenabled',
  needs: PLAIN,
  modes: ANY_MODE,
  run: (bench) =>
    tried(bench, [{ do: 'load', address: APIC_PAGE + LVT_LINT0, bytes: 4 }], {}, ([load]) => {
      const lint0 = valueOf(load);
      if (lint0 === null) return undecided(said(load));
      return came((lint0 & LVT_MASKED) === 0n ? 'ext-int' : 'masked', lint0);
    }),
};

const CR0_CD = 1n << 30n;

export const cdNwCleared: BehaviourTest = {
  id: 'cd-nw-cleared',
  needs: PLAIN,
  modes: LONG_MODE,
  run(bench) {
    const before = runTable(bench.guest, [{ do: 'read-control', register: 'cr0' }]);
    if (!before.ok) return before;
    const cr0 = valueOf(before.value.outcomes[0]);
    if (cr0 === null) return ok(undecided(`CR0 does not read: ${before.value.ended}`));
    const write = (value: bigint): GuestOperation => ({ do: 'write-control', register: 'cr0', value });
    const operations: GuestOperation[] = [write(cr0 | CR0_CD), { do: 'read-control', register: 'cr0' }, write(cr0)];
    return tried(bench, operations, {}, ([, read]) => {
      const value = valueOf(read);
      if (value === null) return undecided(said(read));
      return came((value & CR0_CD) === 0n ? 'clear' : 'set', value);
    });
  },
};

/** What the VMM answers, so that it cannot be taken for KVM's answer. */
const FROM_VMM = 0x5a;
const ONES = 0xffff_ffffn;

export const lapicMmioHole: BehaviourTest = {
  id: 'lapic-mmio-hole',
  // A vCPU gets from x2APIC mode to xAPIC mode only through one without an APIC.
  needs: { ...PLAIN, alone: true },
  modes: ANY_MODE,
  run(bench) {
    let left = false;
    const operations: GuestOperation[] = [
      { do: 'wrmsr', index: IA32_APIC_BASE, value: X2APIC_BASE },
      { do: 'load', address: APIC_PAGE + APIC_VERSION, bytes: 4 },
    ];
    return tried(
      bench,
      operations,
      {
        onExit(exit) {
          if (exit.reason !== 'mmio' || exit.write) return 'default';
          left = true;
          exit.data.fill(FROM_VMM);
          return 'handled';
        },
      },
      ([mode, load]) => {
        if (mode?.outcome !== 'values') return undecided(`x2APIC mode: ${said(mode)}`);
        const value = valueOf(load);
        if (value === null) return undecided(said(load));
        return came(left ? 'to-vmm' : value === ONES ? 'ones' : 'register', value);
      },
    );
  },
};

/** Opcode of OUT to the port in DX: of AL (Intel SDM volume 2, OUT). */
const OUT_DX_AL = 0xee;
const QUIRK_PORT = 0x7e;

export const out7eIncRip: BehaviourTest = {
  id: 'out-7e-inc-rip',
  needs: PLAIN,
  modes: LONG_MODE,
  run(bench) {
    const at: bigint[] = [];
    let failed: Result<never, KvmError> | null = null;
    const done = tried(
      bench,
      [{ do: 'out', port: QUIRK_PORT, bytes: 1, value: 0 }],
      {
        onExit(exit) {
          if (exit.reason !== 'io' || exit.port !== QUIRK_PORT) return 'default';
          const regs = bench.vcpu.struct(KVM_GET_REGS, {});
          if (regs.ok) at.push(regs.value.rip);
          else failed = regs;
          return 'handled';
        },
      },
      () => {
        const [rip] = at;
        if (rip === undefined) return undecided('no exit for the port');
        const code = (address: bigint): number | undefined => bench.guest.memory.bytes[Number(address)];
        if (code(rip) === OUT_DX_AL) return came('at');
        return code(rip - 1n) === OUT_DX_AL ? came('past') : undecided('RIP is neither at the instruction nor past it');
      },
    );
    return failed ?? done;
  },
};

const IA32_MISC_ENABLE = 0x1a0;
/** ENABLE MONITOR FSM (Intel SDM volume 4, table 2-2). */
const MISC_ENABLE_MWAIT = 1n << 18n;
const CPUID_MONITOR = 1n << 3n;

export const miscEnableNoMwait: BehaviourTest = {
  id: 'misc-enable-no-mwait',
  needs: PLAIN,
  modes: ANY_MODE,
  run(bench) {
    const before = runTable(bench.guest, [{ do: 'rdmsr', index: IA32_MISC_ENABLE }]);
    if (!before.ok) return before;
    const value = valueOf(before.value.outcomes[0]);
    if (value === null) return ok(undecided(`IA32_MISC_ENABLE: ${said(before.value.outcomes[0])}`));
    const put = (next: bigint): GuestOperation => ({ do: 'wrmsr', index: IA32_MISC_ENABLE, value: next });
    const cpuid: GuestOperation = { do: 'cpuid', leaf: 1, subleaf: 0 };
    const operations = [put(value | MISC_ENABLE_MWAIT), cpuid, put(value & ~MISC_ENABLE_MWAIT), cpuid, put(value)];
    return tried(bench, operations, {}, (outcomes) => {
      const [set, on, cleared, off] = outcomes;
      if (set?.outcome !== 'values' || cleared?.outcome !== 'values') return undecided(`the write: ${said(set)}`);
      const [first, second] = [valueOf(on, 2), valueOf(off, 2)];
      if (first === null || second === null) return undecided(`CPUID: ${said(on)}`);
      const follows = (first & CPUID_MONITOR) !== 0n && (second & CPUID_MONITOR) === 0n;
      const stays = ((first ^ second) & CPUID_MONITOR) === 0n;
      if (follows) return came('follows', first, second);
      return stays ? came('stays', first, second) : undecided('it is the opposite of what was set', first, second);
    });
  },
};

/** A hypercall that KVM does not have: it answers -KVM_ENOSYS. */
const NO_SUCH_CALL = 0xffffn;

/** The vendor string's first register, of the host: KVM patches to what the host's CPU has. */
const AUTHENTIC_AMD = 0x6874_7541;
const HYGON_GENUINE = 0x6f67_7948;

export const fixHypercallInsn: BehaviourTest = {
  id: 'fix-hypercall-insn',
  needs: PLAIN,
  modes: ANY_MODE,
  run(bench) {
    const vendor = bench.host.cpuid.find((entry) => entry.function === 0)?.ebx ?? 0;
    const amd = vendor === AUTHENTIC_AMD || vendor === HYGON_GENUINE;
    const instruction = amd ? 'vmcall' : 'vmmcall';
    return tried(bench, [{ do: 'hypercall', instruction, rax: NO_SUCH_CALL }], {}, ([call]) => {
      if (faultOf(call) === VECTOR.ud) return came('ud');
      const value = valueOf(call);
      return value === null ? undecided(`${instruction}: ${said(call)}`) : came('patched', value);
    });
  },
};

const MONITOR = [0x0f, 0x01, 0xc8];
const MWAIT = [0x0f, 0x01, 0xc9];

export const mwaitNeverUdFaults: BehaviourTest = {
  id: 'mwait-never-ud-faults',
  needs: HIDDEN,
  hides: WITHOUT_MONITOR,
  modes: ANY_MODE,
  run: (bench) =>
    tried(
      bench,
      [
        { do: 'raw', code: MONITOR, rax: 0x1000n },
        { do: 'raw', code: MWAIT },
      ],
      {},
      ([monitor, mwait]) => {
        if (faultOf(monitor) === VECTOR.ud && faultOf(mwait) === VECTOR.ud) return came('ud');
        const done = monitor?.outcome === 'values' && mwait?.outcome === 'values';
        return done ? came('nop') : undecided(`MONITOR: ${said(monitor)}; MWAIT: ${said(mwait)}`);
      },
    ),
};

/** PLATFORM_INFO, ARCH_CAPABILITIES, PERF_CAPABILITIES, and AMD's UCODE_REV aside, DE_CFG. */
const FEATURE_MSRS = [0xce, 0x10a, 0x345, 0xc001_1029] as const;

export const stuffFeatureMsrs: BehaviourTest = {
  id: 'stuff-feature-msrs',
  needs: PLAIN,
  modes: ANY_MODE,
  run: (bench) =>
    tried(
      bench,
      FEATURE_MSRS.map((index) => ({ do: 'rdmsr', index })),
      {},
      (outcomes) => {
        const values = outcomes.flatMap((outcome) => valueOf(outcome) ?? []);
        if (values.length === 0) return undecided('the guest has none of them');
        return came(values.some((value) => value !== 0n) ? 'stuffed' : 'zero', ...values);
      },
    ),
};

const needless = (id: string, why: string): BehaviourTest => ({
  id,
  needs: PLAIN,
  modes: ANY_MODE,
  run: (): Result<Came, KvmError> => ok(undecided(why)),
});

/** Nothing that this guest could run on whatever CPU would show these. */
export const UNTRIED: readonly BehaviourTest[] = [
  needless('slot-zap-all', 'it concerns the page tables that the host keeps; a guest sees only how long accesses take'),
  needless('ignore-guest-pat', 'only on Intel CPUs, where the memory type shows in the time of accesses alone'),
  needless('vmcs12-allow-freeze-in-smm', 'only where a guest of the guest runs on VMX'),
];

export const QUIRK_TESTS: readonly BehaviourTest[] = [
  lint0Reenabled,
  cdNwCleared,
  out7eIncRip,
  miscEnableNoMwait,
  fixHypercallInsn,
  mwaitNeverUdFaults,
  stuffFeatureMsrs,
  ...UNTRIED,
  lapicMmioHole,
];
