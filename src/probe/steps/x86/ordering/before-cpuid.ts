/** State that is judged by CPUID, set before it and again after: what changes between the two is what the order decides. */
import {
  KVM_GET_MSR_INDEX_LIST,
  KVM_GET_SREGS,
  KVM_GET_XSAVE,
  KVM_SET_CPUID2,
  KVM_SET_SREGS,
  KVM_SET_XCRS,
  KVM_SET_XSAVE,
  KVM_SREGS,
  KVM_XSAVE,
} from '../../../../kvm/index.ts';
import type { KvmError, Vcpu } from '../../../../kvm/index.ts';
import { hex, ok } from '../../../../model/index.ts';
import type { Result } from '../../../../model/index.ts';
import type { StepContext } from '../../../step.ts';
import type { OrderTrials } from '../../order-trials.ts';
import { baseTable, createFresh } from '../fresh.ts';
import { readMsrs, writeMsrs } from '../msr-batch.ts';

const CPUID = 'KVM_SET_CPUID2';
/** CR4.OSXSAVE, for a guest whose CPUID has XSAVE. */
const OSXSAVE = 1n << 18n;
/** x87, SSE, AVX. */
const AVX_STATE = 7n;
const XSTATE_BV = 512;

export function beforeCpuid({ kvm }: StepContext, trials: OrderTrials): Result<undefined, KvmError> {
  const table = baseTable(kvm);
  if (!table.ok) return table;
  const listed = kvm.list(KVM_GET_MSR_INDEX_LIST, 256);
  if (!listed.ok) return listed;
  const created = createFresh(kvm);
  if (!created.ok) return created;
  using fresh = created.value;
  const { vcpu } = fresh;
  const indexes = listed.value.map(({ index }) => index);
  const early = refused(vcpu, indexes);
  if (!early.ok) return early;
  stateTrials(vcpu, [], trials);
  const set = vcpu.entries(KVM_SET_CPUID2, table.value, 'supported table');
  if (!set.ok) return set;
  stateTrials(vcpu, [CPUID], trials);
  const late = refused(vcpu, indexes);
  if (!late.ok) return late;
  const opened = [...early.value].filter((index) => !late.value.has(index)).map((index) => hex(index));
  const closed = [...late.value].filter((index) => !early.value.has(index)).map((index) => hex(index));
  const calls = ['KVM_SET_MSRS with what each MSR reads'];
  if (opened.length === 0) trials.seen('x86/msrs', calls, 'accepted');
  if (opened.length > 0) trials.seen('x86/msrs', calls, 'refused', { of: opened });
  if (closed.length > 0) trials.seen('x86/msrs', [CPUID, ...calls], 'refused', { of: closed });
  return ok(undefined);
}

function stateTrials(vcpu: Vcpu, before: readonly string[], trials: OrderTrials): void {
  const sregs = new Uint8Array(KVM_SREGS.size);
  if (vcpu.raw(KVM_GET_SREGS, sregs, '').ok) {
    const view = new DataView(sregs.buffer);
    const { offset } = KVM_SREGS.fields.cr4;
    const cr4 = view.getBigUint64(offset, true);
    view.setBigUint64(offset, cr4 | OSXSAVE, true);
    trials.tried('x86/sregs', [...before, 'KVM_SET_SREGS with CR4.OSXSAVE'], vcpu.raw(KVM_SET_SREGS, sregs, 'OSXSAVE'));
    view.setBigUint64(offset, cr4, true);
    vcpu.raw(KVM_SET_SREGS, sregs, 'as it was');
  }
  const xcrs = { nr_xcrs: 1, xcr: 0, value: AVX_STATE };
  trials.tried('x86/xcrs', [...before, 'KVM_SET_XCRS with XCR0=0x7'], vcpu.struct(KVM_SET_XCRS, xcrs, 'XCR0=0x7'));
  const state = new Uint8Array(KVM_XSAVE.size);
  if (vcpu.raw(KVM_GET_XSAVE, state, '').ok) {
    new DataView(state.buffer).setBigUint64(XSTATE_BV, AVX_STATE, true);
    const done = vcpu.raw(KVM_SET_XSAVE, state, 'XSTATE_BV=0x7');
    trials.tried('x86/xsave', [...before, 'KVM_SET_XSAVE with XSTATE_BV=0x7'], done);
  }
}

/** MSRs that do not take the value that they read. */
function refused(vcpu: Vcpu, indexes: readonly number[]): Result<ReadonlySet<number>, KvmError> {
  const values = readMsrs(vcpu, indexes);
  if (!values.ok) return values;
  const readable = indexes.flatMap((index, at) => {
    const data = values.value[at] ?? null;
    return data === null ? [] : [{ index, data }];
  });
  const written = writeMsrs(vcpu, readable);
  if (!written.ok) return written;
  const unreadable = indexes.filter((_, at) => (values.value[at] ?? null) === null);
  const rejected = readable.filter((_, at) => written.value[at] !== true).map(({ index }) => index);
  return ok(new Set([...unreadable, ...rejected]));
}
