/**
 * MSRs: those that the kernel lists as ones to save, and those that hold state though no list names them. The time stamp
 * counter, its deadline and feature MSRs have places of their own in the order.
 */
import {
  KVM_GET_MSR_FEATURE_INDEX_LIST,
  KVM_GET_MSR_INDEX_LIST,
  kvmError,
  readMsrs,
  writeMsrs,
} from '../../kvm/index.ts';
import type { KvmError, Vcpu } from '../../kvm/index.ts';
import { msrWord } from '../../arch/x86/msr-names.ts';
import { msrClass } from '../../arch/ordering/index.ts';
import { err, ok } from '../../model/index.ts';
import type { Result } from '../../model/index.ts';
import type { RunnableVcpu } from '../../guest/machine.ts';
import type { RegisterUnit } from '../unit.ts';
import { unlistedMsrs } from './unlisted-msrs.ts';
import type { Target, X86Unit } from './target.ts';

/** KVM_GET_MSRS stops at an MSR that it refuses and gives no errno. */
const NO_ERRNO = 0;

type Indexes = (fd: Vcpu) => Result<readonly number[], KvmError>;

/** A unit of MSRs. Those that do not read, because the guest's CPUID does not give them, are not part of a state. */
export function msrUnit(
  target: Target,
  { id, fd }: RunnableVcpu,
  name: string,
  rule: string,
  indexes: Indexes,
): RegisterUnit {
  const unit = `vcpu/${id}/${name}`;
  return {
    kind: 'registers',
    name: unit,
    rule,
    call: 'KVM_SET_MSRS',
    ids() {
      const listed = indexes(fd);
      if (!listed.ok) return listed;
      const values = readMsrs(fd, listed.value);
      if (!values.ok) return values;
      const reads = (_: number, at: number): boolean => values.value[at] !== null;
      target.unread(unit, listed.value.filter((index, at) => !reads(index, at)).map(BigInt));
      return ok(listed.value.filter(reads).map(BigInt));
    },
    word: (index) => msrWord(Number(index)),
    read(index) {
      const values = readMsrs(fd, [Number(index)]);
      if (!values.ok) return values;
      const [value = null] = values.value;
      return value === null ? err(kvmError('ioctl', 'KVM_GET_MSRS', msrWord(Number(index)), NO_ERRNO)) : ok(value);
    },
    write({ id: index, value }) {
      const done = writeMsrs(fd, [{ index: Number(index), data: value }]);
      if (!done.ok) return { errno: done.error.errnoName, detail: done.error.detail };
      return done.value[0] === true ? null : { errno: null, detail: msrWord(Number(index)) };
    },
  };
}

/** All but those of other units, each once. */
export function msrs(target: Target): X86Unit[] {
  const { kvm } = target.host;
  return target.machine.vcpus.map((vcpu) => {
    const state: Indexes = (fd) => {
      const listed = kvm.list(KVM_GET_MSR_INDEX_LIST, 256);
      if (!listed.ok) return listed;
      const indexes = listed.value.map(({ index }) => index).filter((index) => msrClass(index) === 'state');
      const others = unlistedMsrs(fd, new Set(indexes));
      return others.ok ? ok([...indexes, ...others.value]) : others;
    };
    return { unit: msrUnit(target, vcpu, 'msrs', 'x86/msrs', state) };
  });
}

/** Configuration: a plan writes them. They are saved to be compared and are not written. */
export function featureMsrs(target: Target): X86Unit[] {
  const { kvm } = target.host;
  return target.machine.vcpus.map((vcpu) => {
    const feature: Indexes = () => {
      const listed = kvm.list(KVM_GET_MSR_FEATURE_INDEX_LIST, 128);
      return listed.ok ? ok(listed.value.map(({ index }) => index)) : listed;
    };
    const unit = msrUnit(target, vcpu, 'feature-msrs', 'x86/feature-msrs', feature);
    return { unit: { ...unit, write: () => null } };
  });
}
