/**
 * Makes the vCPU that a question is put to: a VM, as VMMs do it with a vGICv3 first, one vCPU with the features asked
 * for, initialized and finalized. Nothing here ever runs it.
 */
import {
  KVM_ARM_PREFERRED_TARGET,
  KVM_ARM_VCPU_FINALIZE,
  KVM_ARM_VCPU_INIT,
  KVM_CREATE_DEVICE,
} from '../../../kvm/index.ts';
import type { Device, Kvm, KvmError, Vcpu, Vm } from '../../../kvm/index.ts';
import { ok } from '../../../model/index.ts';
import type { Result } from '../../../model/index.ts';

/** KVM_ARM_VCPU_* (arch/arm64/include/uapi/asm/kvm.h): the feature's bit in kvm_vcpu_init.features[0]. */
export const FEATURE_BITS = {
  PSCI_0_2: 2,
  PMU_V3: 3,
  SVE: 4,
  PTRAUTH_ADDRESS: 5,
  PTRAUTH_GENERIC: 6,
  HAS_EL2: 7,
  HAS_EL2_E2H0: 8,
  PMU_V3_STRICT: 9,
} as const;
export type Feature = keyof typeof FEATURE_BITS;

/** KVM_CAP_* that announce a feature, by number and name. */
const FEATURE_CAPABILITY: Readonly<Partial<Record<Feature, readonly [number, string]>>> = {
  PMU_V3: [126, 'KVM_CAP_ARM_PMU_V3'],
  SVE: [170, 'KVM_CAP_ARM_SVE'],
  PTRAUTH_ADDRESS: [171, 'KVM_CAP_ARM_PTRAUTH_ADDRESS'],
  PTRAUTH_GENERIC: [172, 'KVM_CAP_ARM_PTRAUTH_GENERIC'],
  HAS_EL2: [240, 'KVM_CAP_ARM_EL2'],
  HAS_EL2_E2H0: [241, 'KVM_CAP_ARM_EL2_E2H0'],
  PMU_V3_STRICT: [251, 'KVM_CAP_ARM_PMU_V3_STRICT'],
};

/** KVM_DEV_TYPE_* (include/uapi/linux/kvm.h). */
export const DEVICE_TYPE = { vgicV2: 5, vgicV3: 7, its: 8 } as const;

/** A VM with one vCPU; closed in the order device, vCPU, VM. */
export interface Machine extends Disposable {
  readonly vm: Vm;
  readonly vcpu: Vcpu;
  /** The interrupt controller, or why there is none. */
  readonly gic: Device | KvmError;
  readonly target: number;
  readonly preferredFeatures: number;
}

export interface MachineOptions {
  /** Leave SVE as it is after KVM_ARM_VCPU_INIT. */
  readonly finalize?: boolean;
  /** The interrupt controller's device type, or null for none; a vGICv3 where not given. */
  readonly gic?: number | null;
  /** Called between the creation of the VM and of its vCPU. */
  readonly prepare?: (vm: Vm) => Result<unknown, KvmError>;
}

/** What the host lacks of these features, or null. */
export function missingCapability(kvm: Kvm, features: readonly Feature[]): string | null {
  for (const feature of features) {
    const capability = FEATURE_CAPABILITY[feature];
    if (capability === undefined) continue;
    const [number, name] = capability;
    const present = kvm.checkExtension(number);
    if (!present.ok || present.value === 0) return name;
  }
  return null;
}

/** The features that a VMM which turns on everything but nested virtualization asks for, as far as the host has them. */
export function everyFeature(kvm: Kvm): Feature[] {
  const ordinary: readonly Feature[] = ['PSCI_0_2', 'PMU_V3', 'SVE', 'PTRAUTH_ADDRESS', 'PTRAUTH_GENERIC'];
  return ordinary.filter((feature) => missingCapability(kvm, [feature]) === null);
}

/** kvm_vcpu_init.features[0]. */
export function featureWord(features: readonly Feature[]): number {
  return features.reduce((word, feature) => word | (1 << FEATURE_BITS[feature]), 0);
}

export function createMachine(
  kvm: Kvm,
  features: readonly Feature[],
  options: MachineOptions = {},
): Result<Machine, KvmError> {
  using cleanup = new DisposableStack();
  const created = kvm.createVm();
  if (!created.ok) return created;
  const vm = cleanup.use(created.value);
  const prepared = options.prepare?.(vm);
  if (prepared?.ok === false) return prepared;
  const vcpuCreated = vm.createVcpu(0);
  if (!vcpuCreated.ok) return vcpuCreated;
  const vcpu = cleanup.use(vcpuCreated.value);
  const gicType = options.gic === undefined ? DEVICE_TYPE.vgicV3 : options.gic;
  const gic = gicType === null ? null : createGic(vm, gicType);
  if (gic !== null && 'kind' in gic) cleanup.use(gic);
  const target = vm.struct(KVM_ARM_PREFERRED_TARGET, {});
  if (!target.ok) return target;
  const word = featureWord(features);
  const init = vcpu.struct(
    KVM_ARM_VCPU_INIT,
    { target: target.value.target, features0: word },
    `target=${target.value.target} features=0x${word.toString(16)}`,
  );
  if (!init.ok) return init;
  if (features.includes('SVE') && options.finalize !== false) {
    const finalized = vcpu.pointerToInt(KVM_ARM_VCPU_FINALIZE, FEATURE_BITS.SVE);
    if (!finalized.ok) return finalized;
  }
  const stack = cleanup.move();
  return ok({
    vm,
    vcpu,
    gic: gic ?? NO_GIC,
    target: target.value.target,
    preferredFeatures: target.value.features0,
    [Symbol.dispose]: () => stack.dispose(),
  });
}

const NO_GIC: KvmError = {
  code: 'ioctl',
  call: KVM_CREATE_DEVICE.name,
  detail: 'not asked for',
  errno: 0,
  errnoName: 'none',
  meaning: 'the machine was made without an interrupt controller',
};

function createGic(vm: Vm, type: number): Device | KvmError {
  const device = vm.createDevice(type);
  return device.ok ? device.value : device.error;
}

export function isDevice(gic: Device | KvmError): gic is Device {
  return 'kind' in gic;
}
