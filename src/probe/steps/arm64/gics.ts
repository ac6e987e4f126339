/**
 * The interrupt controllers: which can be made, what their registers read, what they take, and before which step. The
 * order is that of Documentation/virt/kvm/devices/arm-vgic*.rst: vCPUs, addresses, number of interrupts, then
 * initialization.
 */
import { GIC_GROUP } from '../../../arch/arm64/vgic.ts';
import type { AttributeTrials, GicSection } from '../../../arch/arm64/sections.ts';
import { setAttribute } from '../../../kvm/index.ts';
import type { Device, Scratch } from '../../../kvm/index.ts';
import { absent, failed, measured } from '../../step.ts';
import type { Step, StepContext } from '../../step.ts';
import { tryAttribute } from './attributes.ts';
import type { Attribute } from './attributes.ts';
import { observeRegisters } from './gic-registers.ts';
import { createMachine, DEVICE_TYPE, everyFeature, isDevice } from './vcpu.ts';

type SetUp = (readonly [string, string])[];

const KVM_DEV_ARM_VGIC_CTRL_INIT = 0n;

/** Addresses as QEMU's virt machine has them; any free and aligned ones would do. One byte more is misaligned. */
const DISTRIBUTOR = 0x0800_0000n;
const CPU_INTERFACE_V2 = 0x0801_0000n;
const ITS = 0x0808_0000n;
const REDISTRIBUTOR = 0x080a_0000n;

/** KVM_VGIC_V2_ADDR_TYPE_*, KVM_VGIC_V3_ADDR_TYPE_*, KVM_VGIC_ITS_ADDR_TYPE. */
const address = (name: string, type: bigint, base: bigint): Attribute => ({
  name,
  group: GIC_GROUP.address,
  attribute: type,
  width: 64,
  readable: true,
  candidates: [base + 1n, base, base + 0x100_0000n],
});

const V2_ADDRESSES = [
  address('KVM_VGIC_V2_ADDR_TYPE_DIST', 0n, DISTRIBUTOR),
  address('KVM_VGIC_V2_ADDR_TYPE_CPU', 1n, CPU_INTERFACE_V2),
];
const V3_ADDRESSES = [
  address('KVM_VGIC_V3_ADDR_TYPE_DIST', 2n, DISTRIBUTOR),
  address('KVM_VGIC_V3_ADDR_TYPE_REDIST', 3n, REDISTRIBUTOR),
];
const ITS_ADDRESS = address('KVM_VGIC_ITS_ADDR_TYPE', 4n, ITS);

/**
 * The document says 64 to 1024 in steps of 32; kernels refuse 1024, because they compare with the 1023 interrupt ids
 * below the special ones. A number that is accepted can be set only once.
 */
const numberOfIrqs = (candidates: readonly bigint[]): Attribute => ({
  name: 'KVM_DEV_ARM_VGIC_GRP_NR_IRQS',
  group: GIC_GROUP.numberOfIrqs,
  attribute: 0n,
  width: 32,
  readable: true,
  candidates,
});

/** The vGIC's maintenance interrupt, for nested guests: an SPI is refused; the default is put back at the end. */
const MAINTENANCE_IRQ: Attribute = {
  name: 'KVM_DEV_ARM_VGIC_GRP_MAINT_IRQ',
  group: GIC_GROUP.maintenanceIrq,
  attribute: 0n,
  width: 32,
  readable: true,
  candidates: [32n, 24n, 25n],
};

export const vgicV2: Step = {
  name: 'vgic-v2',
  architecture: 'arm64',
  seconds: 5,
  run: (context) => gic(context, DEVICE_TYPE.vgicV2, 'v2', V2_ADDRESSES, []),
};

export const vgicV3: Step = {
  name: 'vgic-v3',
  architecture: 'arm64',
  seconds: 5,
  run: (context) => gic(context, DEVICE_TYPE.vgicV3, 'v3', V3_ADDRESSES, [MAINTENANCE_IRQ]),
};

function gic(
  context: StepContext,
  type: number,
  model: 'v2' | 'v3',
  addresses: readonly Attribute[],
  others: readonly Attribute[],
): ReturnType<Step['run']> {
  const { kvm, scratch, note } = context;
  const created = createMachine(kvm, everyFeature(kvm), { gic: type });
  if (!created.ok) return failed(created.error);
  using machine = created.value;
  const device = machine.gic;
  if (!isDevice(device)) {
    return absent(`${device.call}(${device.detail}): ${device.errnoName}: ${device.meaning}`);
  }
  const setUp: SetUp = [];
  const attributes: AttributeTrials[] = [];
  note(`registers of the vGIC${model}`);
  const registers = observeRegisters(device, scratch, model, () => {
    for (const each of [...addresses, ...others, numberOfIrqs([32n, 65n, 1056n])]) {
      attributes.push(tryAttribute(device, scratch, each));
    }
    initialize(device, scratch, setUp, 'initialize');
  });
  attributes.push({
    ...tryAttribute(device, scratch, numberOfIrqs([256n])),
    name: 'KVM_DEV_ARM_VGIC_GRP_NR_IRQS, initialized',
  });
  const early = withoutVcpu(context, type);
  return measured({
    device: model,
    setUp: [...early.setUp, ...setUp],
    registers,
    attributes: [...attributes, ...early.attributes],
  } satisfies GicSection);
}

/** What needs a vCPU and what does not: initialization does; the number of interrupts can be set, once. */
function withoutVcpu({ kvm, scratch }: StepContext, type: number): { setUp: SetUp; attributes: AttributeTrials[] } {
  const setUp: SetUp = [];
  const created = kvm.createVm();
  if (!created.ok) return { setUp, attributes: [] };
  using vm = created.value;
  const made = vm.createDevice(type);
  if (!made.ok) return { setUp, attributes: [] };
  using device = made.value;
  const again = vm.createDevice(type);
  if (again.ok) again.value.close();
  setUp.push(['create a second', again.ok ? 'taken' : again.error.errnoName]);
  const attributes = [
    { ...tryAttribute(device, scratch, numberOfIrqs([1024n, 992n, 64n])), name: 'KVM_DEV_ARM_VGIC_GRP_NR_IRQS, fresh' },
  ];
  initialize(device, scratch, setUp, 'initialize without a vCPU');
  return { setUp, attributes };
}

export const its: Step = {
  name: 'its',
  architecture: 'arm64',
  seconds: 5,
  run({ kvm, scratch, note }) {
    const created = createMachine(kvm, everyFeature(kvm));
    if (!created.ok) return failed(created.error);
    using machine = created.value;
    const { gic: distributor } = machine;
    if (!isDevice(distributor)) return absent(`there is no vGICv3: ${distributor.errnoName}`);
    const made = machine.vm.createDevice(DEVICE_TYPE.its);
    if (!made.ok)
      return absent(`${made.error.call}(${made.error.detail}): ${made.error.errnoName}: ${made.error.meaning}`);
    using device = made.value;
    const setUp: SetUp = [];
    const attributes: AttributeTrials[] = [];
    note('registers of the ITS');
    const registers = observeRegisters(device, scratch, 'its', () => {
      attributes.push(tryAttribute(device, scratch, ITS_ADDRESS));
      initialize(device, scratch, setUp, 'initialize before the vGICv3');
      for (const each of V3_ADDRESSES)
        setAttribute(distributor, scratch, each.group, each.attribute, each.candidates[1] ?? 0n);
      initialize(distributor, scratch, setUp, 'initialize the vGICv3');
      initialize(device, scratch, setUp, 'initialize');
    });
    return measured({ device: 'its', setUp, registers, attributes } satisfies GicSection);
  },
};

function initialize(device: Device, scratch: Scratch, setUp: SetUp, step: string): void {
  const done = setAttribute(device, scratch, GIC_GROUP.control, KVM_DEV_ARM_VGIC_CTRL_INIT, 0n);
  setUp.push([step, done.ok ? 'taken' : done.error.errnoName]);
}
