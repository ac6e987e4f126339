/** Registers behind device attributes: of a vGICv3, of an ITS, of a vCPU. */
import { getAttribute, setAttribute } from '../../kvm/index.ts';
import type { Device, KvmError, Scratch, Vcpu } from '../../kvm/index.ts';
import { ok } from '../../model/index.ts';
import type { Result } from '../../model/index.ts';
import { refusalOf } from '../unit.ts';
import type { RegisterUnit } from '../unit.ts';
import type { Single } from './gic-registers.ts';

export const SET_ATTRIBUTE = 'KVM_SET_DEVICE_ATTR';

export interface Group {
  readonly name: string;
  readonly rule: string;
  readonly device: Device | Vcpu;
  readonly scratch: Scratch;
  /** KVM_DEV_ARM_VGIC_GRP_*. */
  readonly group: number;
  readonly width: 32 | 64;
  /** `vgic/v3/`, `its/`: before the register's name. */
  readonly path: string;
  /** Attribute bits 63:32: the affinity of the vCPU whose register it is, where the group has registers of vCPUs. */
  readonly affinity?: () => Result<bigint, KvmError>;
}

const ALL_ONES = 0xffff_ffffn;

/** The unit's ids are offsets or encodings: bits 31:0 of the attribute. */
export function attributeUnit(
  { name, rule, device, scratch, group, width, path, affinity }: Group,
  rows: () => Result<readonly Single[], KvmError>,
  known: readonly Single[],
): RegisterUnit {
  const byOffset = new Map(known.map((row) => [BigInt(row.offset), row]));
  const upper = (): Result<bigint, KvmError> => affinity?.() ?? ok(0n);
  const set = (offset: bigint, value: bigint): Result<unknown, KvmError> => {
    const high = upper();
    return high.ok ? setAttribute(device, scratch, group, (high.value << 32n) | offset, value) : high;
  };
  return {
    kind: 'registers',
    name,
    rule,
    call: SET_ATTRIBUTE,
    ids: () => {
      const all = rows();
      return all.ok ? ok(all.value.map(({ offset }) => BigInt(offset))) : all;
    },
    word: (id) => `${path}${byOffset.get(id)?.name ?? `0x${id.toString(16)}`}`,
    read: (id) => {
      const high = upper();
      return high.ok ? getAttribute(device, scratch, group, (high.value << 32n) | id, width) : high;
    },
    write: ({ id, value }) => {
      const clear = byOffset.get(id)?.clear;
      const cleared = clear === undefined ? ok(undefined) : set(BigInt(clear), ALL_ONES);
      return refusalOf(cleared.ok ? set(id, value) : cleared, SET_ATTRIBUTE);
    },
  };
}
