/** A fault in words. Exception classes: Arm ARM (DDI 0487), ESR_EL1.EC (D19.2.40). */
import { hex } from '../../model/index.ts';
import type { Fault } from './mailbox.ts';

const CLASSES: Readonly<Record<number, string>> = {
  0x00: 'undefined instruction',
  0x07: 'FP or SIMD trapped',
  0x15: 'SVC',
  0x18: 'system register trapped',
  0x19: 'SVE trapped',
  0x20: 'instruction abort from a lower level',
  0x21: 'instruction abort',
  0x22: 'PC alignment',
  0x24: 'data abort from a lower level',
  0x25: 'data abort',
  0x26: 'SP alignment',
  0x2f: 'SError',
  0x3c: 'BRK',
};

/** `undefined instruction (ESR 0x2000000)`: the same text for the same fault, wherever it happened. */
export function describeFault({
  exception,
  exceptionClass,
  esr,
}: Pick<Fault, 'exception' | 'exceptionClass' | 'esr'>): string {
  const text = exception === 'synchronous' ? (CLASSES[exceptionClass] ?? `class ${hex(exceptionClass)}`) : exception;
  return `${text} (ESR ${hex(esr)})`;
}
