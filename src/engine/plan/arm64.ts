/** The steps of an arm64 machine, and how its words are read back. */
import { hex } from '../../model/index.ts';
import type { Contract, Operation, PlanCall, PlanDevice, PlanRead } from '../../model/index.ts';
import { capabilityDrafts, ruleId } from './draft.ts';
import type { Draft } from './draft.ts';
import type { Wanted } from './wanted.ts';

/** KVM_ARM_VCPU_SVE, also the feature of KVM_ARM_VCPU_FINALIZE (KVM_ARM_VCPU_SVE). */
const SVE = 4;
/** Machine type 0 stands for it (api.rst, KVM_CREATE_VM). */
const IPA_DEFAULT = 40n;

/** KVM_DEV_ARM_VGIC_GRP_ADDR and _CTRL, KVM_DEV_ARM_VGIC_CTRL_INIT. */
const ADDRESS = 0;
const CONTROL = 4;
const INIT = '0x0';

/** Attribute and address, as QEMU's virt machine has them; any free and aligned ones would do. */
const ADDRESSES: Readonly<Record<PlanDevice, readonly (readonly [type: bigint, base: bigint])[]>> = {
  'vgic-v2': [
    [0n, 0x0800_0000n],
    [1n, 0x0801_0000n],
  ],
  'vgic-v3': [
    [2n, 0x0800_0000n],
    [3n, 0x080a_0000n],
  ],
  its: [[4n, 0x0808_0000n]],
};

export function arm64Drafts(contract: Contract, all: readonly Wanted[]): Draft[] {
  const initialized = all.filter(({ operation }) => operation?.call === 'KVM_ARM_VCPU_INIT');
  const features = initialized.flatMap(({ operation, whole }) =>
    operation?.call === 'KVM_ARM_VCPU_INIT' && whole !== 0n ? [operation.feature] : [],
  );
  const size = all.filter(({ operation }) => operation?.call === 'KVM_CREATE_VM');
  const bits = size[0]?.whole ?? IPA_DEFAULT;
  return [
    {
      rule: 'arm64/vm',
      call: { call: 'KVM_CREATE_VM', machineType: bits === IPA_DEFAULT ? 0 : Number(bits) },
      wanted: size,
    },
    ...capabilityDrafts(contract.architecture, all),
    { rule: 'arm64/vcpu', call: { call: 'KVM_CREATE_VCPU', id: 0 }, wanted: [] },
    ...devices(all),
    { rule: 'arm64/vcpu-init', call: { call: 'KVM_ARM_VCPU_INIT', features }, wanted: initialized },
    ...(features.includes(SVE)
      ? [{ rule: 'arm64/finalize', call: { call: 'KVM_ARM_VCPU_FINALIZE', feature: SVE }, wanted: [] } as const]
      : []),
    ...all.flatMap((wanted): Draft[] => {
      const call = wanted.differs ? write(wanted) : null;
      return call === null || wanted.operation === null
        ? []
        : [{ rule: ruleId('arm64', wanted.operation), call, wanted: [wanted] }];
    }),
  ];
}

function write({ operation, whole }: Wanted): PlanCall | null {
  switch (operation?.call) {
    case 'KVM_SET_ONE_REG':
      return { call: 'KVM_SET_ONE_REG', id: hex(operation.id), value: hex(whole) };
    case 'KVM_SET_DEVICE_ATTR': {
      const { on, group, attribute, bytes } = operation;
      return { call: 'KVM_SET_DEVICE_ATTR', on, group, attribute: hex(attribute), bytes, value: hex(whole) };
    }
    default:
      return null;
  }
}

/** Those of which the contract has registers: made, given their addresses, initialized. */
function devices(all: readonly Wanted[]): Draft[] {
  const needed = (['vgic-v2', 'vgic-v3', 'its'] as const).filter((device) =>
    all.some(({ operation }) => operation?.call === 'KVM_SET_DEVICE_ATTR' && operation.on === device),
  );
  return needed.flatMap((device): Draft[] => {
    const attribute = (rule: string, group: number, name: string, bytes: 0 | 8, value: string): Draft => ({
      rule,
      call: {
        call: 'KVM_SET_DEVICE_ATTR',
        on: device,
        group,
        attribute: hex(BigInt(name)),
        bytes,
        value: hex(BigInt(value)),
      },
      wanted: [],
    });
    return [
      { rule: 'arm64/vgic', call: { call: 'KVM_CREATE_DEVICE', device }, wanted: [] },
      ...ADDRESSES[device].map(([type, base]) => attribute('arm64/vgic-addresses', ADDRESS, hex(type), 8, hex(base))),
      attribute('arm64/vgic-init', CONTROL, INIT, 0, '0x0'),
    ];
  });
}

/** Null where KVM has no call that reads the word. */
export function arm64Read({ path, operation, whole }: Wanted): PlanRead | null {
  switch (operation?.call) {
    case 'KVM_SET_ONE_REG':
      return { call: 'KVM_GET_ONE_REG', id: hex(operation.id) };
    case 'KVM_SET_DEVICE_ATTR': {
      const { on, group, attribute, bytes } = operation;
      return on === 'vm' || bytes === 0
        ? null
        : { call: 'KVM_GET_DEVICE_ATTR', on, group, attribute: hex(attribute), bytes };
    }
    case undefined:
      // Steal time: its address is the VMM's own, so that what can be asked is whether the vCPU takes one.
      return path === 'vcpu-attribute/KVM_ARM_VCPU_PVTIME_IPA' && whole !== 0n
        ? { call: 'KVM_HAS_DEVICE_ATTR', on: 'vcpu', group: 2, attribute: '0x0' }
        : null;
    default:
      return null;
  }
}

/** True where the kernel refuses the call if it does not have what is asked for, so that success is the proof. */
export function provedByCall(operation: Operation | null): boolean {
  return operation?.call === 'KVM_CREATE_VM' || operation?.call === 'KVM_ARM_VCPU_INIT';
}
