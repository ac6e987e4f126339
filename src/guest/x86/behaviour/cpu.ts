/** Tests of what no switch selects: instructions and MSRs that CPUID hides. */
import { KVM_GET_MSR_INDEX_LIST, readMsrs, writeMsrs } from '../../../kvm/index.ts';
import { ok } from '../../../model/index.ts';
import type { GuestOperation } from '../index.ts';
import { at, qword } from '../index.ts';
import { PAGE_TABLES } from '../layout.ts';
import type { CpuidEntry } from './bench.ts';
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
  WITHOUT_GBPAGES,
  WITHOUT_PDCM,
} from './test.ts';
import type { BehaviourTest } from './test.ts';

const INT1 = 0xf1;

export const icebp: BehaviourTest = {
  id: 'icebp',
  needs: PLAIN,
  modes: LONG_MODE,
  run: (bench) =>
    tried(bench, [{ do: 'raw', code: [INT1] }], {}, ([run]) => {
      if (run?.outcome === 'values') return came('none');
      if (faultOf(run) === VECTOR.ud) return undecided('this CPU does not know ICEBP (#UD), as one that QEMU emulates');
      if (run?.outcome !== 'fault' || run.vector !== VECTOR.db) return undecided(said(run));
      const code = (address: bigint): number | undefined => bench.guest.memory.bytes[Number(address)];
      if (code(run.address - 1n) === INT1) return came('past', run.dr6);
      return code(run.address) === INT1 ? came('at', run.dr6) : undecided('RIP is neither at ICEBP nor past it');
    }),
};

/** RFLAGS.TF, and DR6.BS: a single step (Intel SDM volume 3, 18.2.3). */
const TF = 0x100;
const DR6_BS = 0x4000n;
/** On the handler's stack: vector, error code, RIP, CS, RFLAGS. */
const RFLAGS_ON_STACK = 32;

/**
 * The handler counts, adds what DR6 says, and steps no further once it was called. R8 counts, R9 collects; ICEBP is the
 * first instruction behind POPF, which is when TF begins to count.
 */
const STEP_OVER_ICEBP: GuestOperation = {
  do: 'code',
  name: 'ICEBP with RFLAGS.TF set',
  values: ['count', 'dr6'],
  assemble(code, context) {
    const handler = code.label('stepped');
    const begin = code.label('begin');
    code.jmp(begin);
    code.bind(handler);
    code.add('r8', 1);
    code.movSystem('rax', 'dr6');
    code.or('r9', 'rax');
    code.and(qword(at('rsp', RFLAGS_ON_STACK)), ~TF);
    context.endHandler();
    code.bind(begin);
    context.hook(VECTOR.db, handler);
    code.xor('r8', 'r8');
    code.xor('r9', 'r9');
    code.data(PUSHF_SET_TF_POPF);
    code.instruction('int1');
    code.instruction('nop');
    code.instruction('nop');
    context.store(0, 'r8');
    context.store(1, 'r9');
  },
};

/** pushfq; or qword [rsp], 0x100; popfq */
const PUSHF_SET_TF_POPF = [0x9c, 0x48, 0x81, 0x0c, 0x24, 0x00, 0x01, 0x00, 0x00, 0x9d];

export const icebpSingleStep: BehaviourTest = {
  id: 'icebp-single-step',
  needs: PLAIN,
  modes: LONG_MODE,
  run: (bench) =>
    tried(bench, [{ do: 'write-control', register: 'dr6', value: 0xffff_0ff0n }, STEP_OVER_ICEBP], {}, ([, step]) => {
      if (faultOf(step) === VECTOR.ud)
        return undecided('this CPU does not know ICEBP (#UD), as one that QEMU emulates');
      const [count, dr6] = [valueOf(step, 0), valueOf(step, 1)];
      if (count === null || dr6 === null) return undecided(said(step));
      if (count > 1n) return came('both', count, dr6);
      if (count === 0n) return came('none', count, dr6);
      return came((dr6 & DR6_BS) === 0n ? 'icebp' : 'step', count, dr6);
    }),
};

const IA32_PERF_CAPABILITIES = 0x345;

export const perfCapabilitiesHidden: BehaviourTest = {
  id: 'perf-capabilities-hidden',
  needs: HIDDEN,
  hides: WITHOUT_PDCM,
  modes: ANY_MODE,
  run: (bench) =>
    tried(bench, [{ do: 'rdmsr', index: IA32_PERF_CAPABILITIES }], {}, ([read]) => {
      if (faultOf(read) === VECTOR.gp) return came('gp');
      const value = valueOf(read);
      if (value === null) return undecided(said(read));
      return came(value === 0n ? 'zero' : 'value', value);
    }),
};

/** Hyper-V TLFS, 12.6: the page of the reference clock; 0 until a guest sets it. */
const HV_X64_MSR_REFERENCE_TSC = 0x4000_0021;

export const hypervMsrsHidden: BehaviourTest = {
  id: 'hyperv-msrs-hidden',
  needs: PLAIN,
  modes: ANY_MODE,
  run: (bench) =>
    tried(bench, [{ do: 'rdmsr', index: HV_X64_MSR_REFERENCE_TSC }], {}, ([read]) => {
      if (faultOf(read) === VECTOR.gp) return came('gp');
      const value = valueOf(read);
      return value === null ? undecided(said(read)) : came('value', value);
    }),
};

/** Leaves 0, 0x40000000 and 0x80000000 keep their EAX, the highest leaf, and 0x80000008 the widths of addresses. */
const KEPT: readonly number[] = [0x0, 0x4000_0000, 0x8000_0000, 0x8000_0008];

const cleared = (entry: CpuidEntry): CpuidEntry => ({
  ...entry,
  eax: KEPT.includes(entry.function) ? entry.eax : 0,
  ebx: 0,
  ecx: 0,
  edx: 0,
});

/** Most names of a list that are shown. */
const SHOWN = 8;

export const hiddenMsrSaved: BehaviourTest = {
  id: 'hidden-msr-saved',
  needs: { ...PLAIN, cpuid: cleared, alone: true },
  modes: ANY_MODE,
  run({ vcpu, host }) {
    const listed = host.kvm.list(KVM_GET_MSR_INDEX_LIST, 256);
    if (!listed.ok) return listed;
    const indexes = listed.value.map(({ index }) => index);
    const read = readMsrs(vcpu, indexes);
    if (!read.ok) return read;
    const refused = indexes.filter((_, at) => (read.value[at] ?? null) === null);
    if (refused.length > 0) return ok(came('refused', ...refused.slice(0, SHOWN).map(BigInt)));
    const zeros = indexes.filter((_, at) => read.value[at] === 0n);
    const written = writeMsrs(
      vcpu,
      zeros.map((index) => ({ index, data: 0n })),
    );
    if (!written.ok) return written;
    const untaken = zeros.filter((_, at) => written.value[at] !== true);
    return ok(untaken.length > 0 ? came('not-taken', ...untaken.slice(0, SHOWN).map(BigInt)) : came('taken'));
  },
};

const PDPT = PAGE_TABLES + 0x1000;
const FOURTH_GIB = 0x1_0000_0000n;
/** Present, writable, a page of 1 GiB (AMD APM volume 2, 5.3.4), at guest-physical 0. */
const GIB_PAGE = 0x83n;
const RESERVED_BIT = 8n;

export const gbpagesHidden: BehaviourTest = {
  id: 'gbpages-hidden',
  needs: HIDDEN,
  hides: WITHOUT_GBPAGES,
  modes: LONG_MODE,
  run: (bench) =>
    tried(
      bench,
      [
        { do: 'host', token: 0 },
        { do: 'load', address: FOURTH_GIB, bytes: 4 },
      ],
      { onHost: (_, { memory }) => memory.view.setBigUint64(PDPT + 8 * 4, GIB_PAGE, true) },
      ([, load]) => {
        if (valueOf(load) !== null) return came('loaded');
        const reserved = load?.outcome === 'fault' && (load.errorCode & RESERVED_BIT) !== 0n;
        return faultOf(load) === VECTOR.pf && reserved ? came('fault') : undecided(said(load));
      },
    ),
};

export const CPU_TESTS: readonly BehaviourTest[] = [
  icebp,
  icebpSingleStep,
  perfCapabilitiesHidden,
  gbpagesHidden,
  hypervMsrsHidden,
  hiddenMsrSaved,
];
