/** The code of an operation: its values are left in x0, x1 … */
import { fromHex } from '../../model/index.ts';
import type { Hex } from '../../model/index.ts';
import { eor, hvc, ISB, ldr, mov, movRegister, mrs, msr, smc, str } from './assembler/index.ts';
import type { Item, Register } from './assembler/index.ts';
import { DOORBELL } from './address-space.ts';
import type { GuestOperation, Place } from './operation.ts';
import { MOST_VALUES, valuesOf } from './operation.ts';
import { encodingOf } from './system-register.ts';

/** x20 holds the address of an access, x21 what is written, x22 what is written back. */
const ADDRESS = 20;
const WRITTEN = 21;
const RESTORED = 22;

/** `unique`: how the labels of the operation begin. */
export function translate(operation: GuestOperation, unique: string): readonly Item[] {
  if (valuesOf(operation) > MOST_VALUES) throw new RangeError(`an operation has at most ${MOST_VALUES} values`);
  switch (operation.kind) {
    case 'read':
      return [...address(operation.from), read(operation.from, 0)];
    case 'write':
      return [...address(operation.to), ...constant(WRITTEN, operation.value), write(operation.to, WRITTEN)];
    case 'try':
      return tryPlace(operation.at, operation.write, operation.leave === true);
    case 'call':
      return call(operation.by, operation.parameters);
    case 'isb':
      return [ISB];
    case 'pause':
      return [...mov(ADDRESS, DOORBELL.pause), ...mov(WRITTEN, operation.tag), str(64, WRITTEN, ADDRESS)];
    case 'code':
      return operation.code(unique);
  }
}

function address(place: Place): Item[] {
  return 'register' in place ? [] : constant(ADDRESS, place.address);
}

function read(place: Place, rt: Register): number {
  return 'register' in place ? mrs(rt, encodingOf(place.register)) : ldr(place.width, rt, ADDRESS);
}

function write(place: Place, rt: Register): number {
  return 'register' in place ? msr(encodingOf(place.register), rt) : str(place.width, rt, ADDRESS);
}

function constant(rd: Register, value: Hex): Item[] {
  return mov(rd, fromHex(value));
}

function tryPlace(
  place: Place,
  written: { readonly value: Hex } | { readonly flip: Hex },
  leave: boolean,
): readonly Item[] {
  return [
    ...address(place),
    read(place, 0),
    movRegister(RESTORED, 0),
    ...('value' in written
      ? constant(WRITTEN, written.value)
      : [...constant(WRITTEN, written.flip), eor(WRITTEN, RESTORED, WRITTEN)]),
    write(place, WRITTEN),
    ISB,
    read(place, 1),
    ...(leave ? [] : [write(place, RESTORED), ISB]),
  ];
}

function call(by: 'hvc' | 'smc', parameters: readonly Hex[]): readonly Item[] {
  if (parameters.length > MOST_VALUES) throw new RangeError(`a call has at most ${MOST_VALUES} parameters`);
  const registers = Array.from({ length: MOST_VALUES }, (_, rd) => constant(rd, parameters[rd] ?? '0x0'));
  return [...registers.flat(), by === 'hvc' ? hvc() : smc()];
}
