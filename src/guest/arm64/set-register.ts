/** Writes a vCPU's register by its word. */
import { idOf } from '../../arch/arm64/names.ts';
import { registerBytes } from '../../kvm/index.ts';
import type { KvmError, Scratch, Vcpu } from '../../kvm/index.ts';
import type { Result, WordPath } from '../../model/index.ts';

/** Little-endian, whatever the register's size. A word that is no register is a bug of the caller and throws. */
export function setRegister(vcpu: Vcpu, scratch: Scratch, word: WordPath, value: bigint): Result<number, KvmError> {
  const id = idOf(word);
  if (id === null) throw new RangeError(`KVM has no register ${word}`);
  const bytes = Uint8Array.from({ length: registerBytes(id) }, (_, at) => Number((value >> BigInt(8 * at)) & 0xffn));
  return vcpu.setOneReg(scratch, id, bytes);
}
