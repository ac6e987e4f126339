/** Tries device attributes: is it there, what does it read, what does it take. */
import { getAttribute, hasAttribute, setAttribute } from '../../../kvm/index.ts';
import type { Device, Scratch, Vcpu, Vm } from '../../../kvm/index.ts';
import type { AttributeTrials } from '../../../arch/arm64/sections.ts';
import { hex } from '../../../model/index.ts';
import type { Trial } from '../../../model/index.ts';
import { text, trial } from './registers.ts';
import type { Read } from './registers.ts';

export interface Attribute {
  readonly name: string;
  readonly group: number;
  readonly attribute: bigint;
  readonly width: 32 | 64;
  /** False where KVM has no KVM_GET_DEVICE_ATTR for it: then `taken` cannot be told from `ignored`. */
  readonly readable: boolean;
  /** Written in this order, each on top of the one before; nothing is put back. */
  readonly candidates: readonly bigint[];
}

export type AttributeFd = Vm | Vcpu | Device;

export function tryAttribute(fd: AttributeFd, scratch: Scratch, attribute: Attribute): AttributeTrials {
  const { group, name, candidates, readable } = attribute;
  const label = `${group}:${hex(attribute.attribute)}`;
  const present = hasAttribute(fd, group, attribute.attribute);
  const has = present.ok ? present.value : present.error.errnoName;
  if (has !== true) return { attribute: label, name, has, trials: [] };
  if (!readable) return { attribute: label, name, has, trials: candidates.map((value) => write(value)) };
  const reads = readAttribute(fd, scratch, attribute);
  let before = reads;
  const trials = candidates.map((value): Trial => {
    const done = setAttribute(fd, scratch, group, attribute.attribute, value);
    if (!done.ok) return { wrote: hex(value), outcome: done.error.errnoName };
    const after = readAttribute(fd, scratch, attribute);
    const outcome = after === value ? 'taken' : after === before ? 'ignored' : 'changed';
    before = after;
    return trial(value, outcome, after);
  });
  return { attribute: label, name, has, reads: text(reads), trials };

  function write(value: bigint): Trial {
    const done = setAttribute(fd, scratch, group, attribute.attribute, value);
    return { wrote: hex(value), outcome: done.ok ? 'accepted' : done.error.errnoName };
  }
}

export function readAttribute(
  fd: AttributeFd,
  scratch: Scratch,
  { group, attribute, width }: Pick<Attribute, 'group' | 'attribute' | 'width'>,
): Read {
  const done = getAttribute(fd, scratch, group, attribute, width);
  return done.ok ? done.value : done.error.errnoName;
}
