/** What the host does to a stopped guest, for state that no code of the guest's makes. */
import type { GuestMachine } from '../guest/machine.ts';
import type { GuestMemory } from '../guest/memory.ts';
import { registerBytes, setAttribute } from '../kvm/index.ts';
import { fromHex } from '../model/index.ts';
import type { Hex, PlanDevice } from '../model/index.ts';
import type { StepContext } from '../probe/index.ts';

export type Preset =
  | { readonly register: Hex; readonly vcpu: number; readonly value: Hex }
  | { readonly on: PlanDevice; readonly group: number; readonly attribute: Hex; readonly value: Hex }
  /** A 64-bit word at a guest-physical address. */
  | { readonly address: Hex; readonly value: Hex };

export interface Opened {
  readonly machine: GuestMachine;
  readonly memory: GuestMemory;
}

/** Gives the places in the list that the kernel refused, with the errno. */
export function preset(
  context: StepContext,
  opened: Opened,
  presets: readonly Preset[],
): (readonly [index: number, errno: string])[] {
  return presets.flatMap((each, index) => {
    const errno = one(context, opened, each);
    return errno === null ? [] : [[index, errno] as const];
  });
}

function one({ scratch }: StepContext, { machine, memory }: Opened, each: Preset): string | null {
  const value = fromHex(each.value);
  if ('address' in each) {
    memory.view.setBigUint64(Number(fromHex(each.address) - memory.base), value, true);
    return null;
  }
  if ('on' in each) {
    const device = machine.devices.get(each.on);
    if (device === undefined) return 'no such device';
    const done = setAttribute(device, scratch, each.group, fromHex(each.attribute), value);
    return done.ok ? null : done.error.errnoName;
  }
  const id = fromHex(each.register);
  const bytes = Uint8Array.from({ length: registerBytes(id) }, (_, at) => Number((value >> BigInt(8 * at)) & 0xffn));
  const done = machine.vcpus[each.vcpu]?.fd.setOneReg(scratch, id, bytes);
  if (done === undefined) return 'no such vCPU';
  return done.ok ? null : done.error.errnoName;
}
