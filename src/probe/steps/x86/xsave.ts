/**
 * The FPU state: which xfeatures a guest can have, how large the state is, what a fresh vCPU's header says, and
 * whether KVM_SET_XSAVE takes an xfeature that the guest's CPUID was not given. The last tells three behaviours of
 * KVM apart: GET over-reports and SET takes all (up to 5.15), SET refuses (to about 6.5), SET takes all and GET is
 * trimmed to the guest's XCR0 (since). The header lies behind the 512 bytes of the FXSAVE area (Intel SDM 1, 13.4.2).
 */
import {
  KVM_GET_XSAVE,
  KVM_GET_XSAVE2,
  KVM_SET_CPUID2,
  KVM_SET_XSAVE,
  KVM_XSAVE,
  getAttribute,
} from '../../../kvm/index.ts';
import type { Kvm, KvmError, Scratch, Vcpu } from '../../../kvm/index.ts';
import type { XsaveData, XsaveHeader } from '../../../arch/x86/sections.ts';
import { hex, ok } from '../../../model/index.ts';
import type { Result } from '../../../model/index.ts';
import { failed, measured } from '../../step.ts';
import type { Step } from '../../step.ts';
import { baseTable, createFresh } from './fresh.ts';
import type { CpuidEntry } from './fresh.ts';

const KVM_CAP_XSAVE2 = 208;
const KVM_CAP_SYS_ATTRIBUTES = 209;
const KVM_X86_GRP_SYSTEM = 0;
const KVM_X86_XCOMP_GUEST_SUPP = 0n;
const XSTATE_BV = 512;
const XCOMP_BV = 520;
/** x87 and SSE: what every x86_64 CPU has. */
const LEGACY = 3n;
/** Reserved in XCR0 (Intel SDM 1, 13.3): no CPU has it. */
const NO_XFEATURE = 1n << 62n;

export const xsave: Step = {
  name: 'xsave',
  architecture: 'x86_64',
  seconds: 5,
  run({ kvm, scratch }) {
    const table = baseTable(kvm);
    if (!table.ok) return failed(table.error);
    const created = createFresh(kvm);
    if (!created.ok) return failed(created.error);
    using fresh = created.value;
    const { vcpu } = fresh;
    const size = fresh.vm.checkExtension(KVM_CAP_XSAVE2);
    if (!size.ok) return failed(size.error);

    const before = header(getXsave(vcpu, size.value));
    if (!before.ok) return failed(before.error);
    const full = vcpu.entries(KVM_SET_CPUID2, table.value, 'supported table');
    if (!full.ok) return failed(full.error);
    const after = header(getXsave(vcpu, size.value));
    if (!after.ok) return failed(after.error);

    const legacyTable = table.value.map(withLegacyXcr0);
    const legacy = vcpu.entries(KVM_SET_CPUID2, legacyTable, 'XCR0 of x87 and SSE alone');
    if (!legacy.ok) return failed(legacy.error);
    const state = getXsave(vcpu, size.value);
    if (!state.ok) return failed(state.error);
    const candidate = lowestBeyondLegacy(table.value);
    const ungiven =
      candidate === null ? null : trySet(vcpu, filled(state.value, candidate.area), LEGACY | candidate.bit);
    if (ungiven?.ok === false) return failed(ungiven.error);
    const unknown = trySet(vcpu, state.value, LEGACY | NO_XFEATURE);
    if (!unknown.ok) return failed(unknown.error);

    const data: XsaveData = {
      guestSupported: guestSupported(kvm, scratch),
      size: size.value,
      before: before.value,
      after: after.value,
      ungiven: ungiven === null ? null : { guest: hex(LEGACY), ...ungiven.value },
      unknown: unknown.value,
    };
    return measured(data);
  },
};

/** The whole state, in the form that this kernel has. */
function getXsave(vcpu: Vcpu, size: number): Result<Uint8Array, KvmError> {
  const buffer = new Uint8Array(Math.max(size, KVM_XSAVE.size));
  const done = vcpu.raw(size > 0 ? KVM_GET_XSAVE2 : KVM_GET_XSAVE, buffer, `${buffer.length} bytes`);
  return done.ok ? ok(buffer) : done;
}

function header(state: Result<Uint8Array, KvmError>): Result<XsaveHeader, KvmError> {
  if (!state.ok) return state;
  const view = viewOf(state.value);
  return ok({ xstateBv: hex(view.getBigUint64(XSTATE_BV, true)), xcompBv: hex(view.getBigUint64(XCOMP_BV, true)) });
}

/** Sets `state` with another XSTATE_BV; gives what came of it and what XSTATE_BV reads then. */
function trySet(
  vcpu: Vcpu,
  state: Uint8Array,
  xstateBv: bigint,
): Result<XsaveData['unknown'] & { readonly reads: XsaveHeader['xstateBv'] }, KvmError> {
  const changed = state.slice();
  viewOf(changed).setBigUint64(XSTATE_BV, xstateBv, true);
  const set = vcpu.raw(KVM_SET_XSAVE, changed, `XSTATE_BV=${hex(xstateBv)}`);
  const reads = header(getXsave(vcpu, state.length > KVM_XSAVE.size ? state.length : 0));
  if (!reads.ok) return reads;
  const outcome = set.ok ? 'accepted' : set.error.errnoName;
  return ok({ wrote: hex(xstateBv), outcome, reads: reads.value.xstateBv });
}

function guestSupported(kvm: Kvm, scratch: Scratch): XsaveData['guestSupported'] {
  const capability = kvm.checkExtension(KVM_CAP_SYS_ATTRIBUTES);
  if (!capability.ok || capability.value === 0) return null;
  const mask = getAttribute(kvm, scratch, KVM_X86_GRP_SYSTEM, KVM_X86_XCOMP_GUEST_SUPP, 64);
  return mask.ok ? hex(mask.value) : null;
}

interface Candidate {
  readonly bit: bigint;
  /** Bytes of the state that hold it (leaf 0xD, subleaf of the bit: EBX is the offset, EAX the size). */
  readonly area: { readonly offset: number; readonly size: number };
}

/** The lowest xfeature beyond SSE in the table's XCR0: AVX on all but the oldest CPUs. */
function lowestBeyondLegacy(table: readonly CpuidEntry[]): Candidate | null {
  const leaf = (index: number): CpuidEntry | undefined =>
    table.find((entry) => entry.function === 0xd && entry.index === index);
  const beyond = BigInt(leaf(0)?.eax ?? 0) & ~LEGACY;
  if (beyond === 0n) return null;
  const bit = beyond & -beyond;
  const component = leaf(bit.toString(2).length - 1);
  return { bit, area: { offset: component?.ebx ?? 0, size: component?.eax ?? 0 } };
}

/** Something else than zeros in a component: one that is all zeros may read as absent, because that is its reset state. */
function filled(state: Uint8Array, { offset, size }: Candidate['area']): Uint8Array {
  return state.slice().fill(0xa5, offset, offset + size);
}

function withLegacyXcr0(entry: CpuidEntry): CpuidEntry {
  if (entry.function !== 0xd) return entry;
  if (entry.index === 0) return { ...entry, eax: Number(LEGACY), edx: 0 };
  return entry.index === 1 ? { ...entry, ecx: 0, edx: 0 } : entry;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
