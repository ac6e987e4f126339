/**
 * Quirks disabled in two calls: up to about 6.14 the second replaced the first, since then it adds to it. And quirks that
 * are disabled when the vCPU is there. LINT0_REENABLED shows in a fresh vCPU's APIC (Intel SDM volume 3, 12.5.1).
 */
import { KVM_CREATE_IRQCHIP, KVM_GET_LAPIC } from '../../../../kvm/index.ts';
import type { Kvm, KvmError, Vm } from '../../../../kvm/index.ts';
import { hex, ok } from '../../../../model/index.ts';
import type { Hex, Result } from '../../../../model/index.ts';
import type { StepContext } from '../../../step.ts';
import type { OrderTrials } from '../../order-trials.ts';
import { createFresh } from '../fresh.ts';
import type { Fresh } from '../fresh.ts';
import { CAPABILITY } from './capabilities.ts';

const LINT0_REENABLED = 1n;
/** Any other quirk that every kernel has. */
const LAPIC_MMIO_HOLE = 4n;
const LVT_LINT0 = 0x350;
/** LVT LINT0 at reset without the quirk: masked, and nothing else. */
const MASKED = hex(0x1_0000);

export function quirkOrder({ kvm }: StepContext, trials: OrderTrials): Result<undefined, KvmError> {
  const present = kvm.checkExtension(CAPABILITY.KVM_CAP_DISABLE_QUIRKS2);
  if (!present.ok) return present;
  const name = present.value > 0 ? 'KVM_CAP_DISABLE_QUIRKS2' : 'KVM_CAP_DISABLE_QUIRKS';
  const disable = (vm: Vm, quirk: bigint): Result<number, KvmError> => vm.enableCapability(CAPABILITY[name], quirk);
  const call = (quirk: bigint): string => `KVM_ENABLE_CAP(${name}, ${hex(quirk)})`;

  const twice = lint0(
    kvm,
    (vm) => {
      const first = disable(vm, LINT0_REENABLED);
      return first.ok ? disable(vm, LAPIC_MMIO_HOLE) : first;
    },
    () => ok(0),
  );
  if (!twice.ok) return twice;
  const calls = [call(LINT0_REENABLED), call(LAPIC_MMIO_HOLE), 'KVM_CREATE_VCPU', 'KVM_GET_LAPIC'];
  const added = twice.value === MASKED ? 'the second mask adds to the first' : 'the second mask replaces the first';
  trials.seen('x86/quirks', calls, added, { reads: twice.value });

  const late = lint0(
    kvm,
    () => ok(0),
    ({ vm }) => disable(vm, LINT0_REENABLED),
  );
  if (!late.ok) {
    trials.tried('x86/quirks', ['KVM_CREATE_VCPU', call(LINT0_REENABLED)], late);
    return ok(undefined);
  }
  const order = ['KVM_CREATE_VCPU', call(LINT0_REENABLED), 'KVM_GET_LAPIC'];
  trials.seen('x86/quirks', order, late.value === MASKED ? 'taken' : 'ignored', { reads: late.value });
  return ok(undefined);
}

/** LVT LINT0 of a fresh vCPU; `before` it is made, and `after`. */
function lint0(
  kvm: Kvm,
  before: (vm: Vm) => Result<number, KvmError>,
  after: (fresh: Fresh) => Result<number, KvmError>,
): Result<Hex, KvmError> {
  const created = createFresh(kvm, (vm) => {
    const prepared = before(vm);
    return prepared.ok ? vm.integer(KVM_CREATE_IRQCHIP, 0) : prepared;
  });
  if (!created.ok) return created;
  using fresh = created.value;
  const done = after(fresh);
  if (!done.ok) return done;
  const page = fresh.vcpu.struct(KVM_GET_LAPIC, {});
  if (!page.ok) return page;
  const { regs } = page.value;
  return ok(hex(new DataView(regs.buffer, regs.byteOffset).getUint32(LVT_LINT0, true)));
}
