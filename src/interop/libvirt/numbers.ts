/** Numbers in libvirt's XML: hex with a `0x`, or decimal. */
import { err, ok } from '../../model/index.ts';
import type { Result } from '../../model/index.ts';
import { attribute, fault } from './xml.ts';
import type { XmlElement, XmlFault } from './xml.ts';

/** An attribute's value, at most `bits` bits; `absent` stands for one that is not there, without it that is a fault. */
export function unsigned(
  element: XmlElement,
  name: string,
  bits: number,
  absent: bigint | null = null,
): Result<bigint, XmlFault> {
  if (absent !== null && !element.attributes.has(name)) return ok(absent);
  const written = attribute(element, name);
  if (!written.ok) return written;
  if (!/^(0x[0-9a-fA-F]{1,16}|[0-9]{1,20})$/.test(written.value)) {
    return err(fault(element.line, `${name}='${written.value}' is not a number`));
  }
  const value = BigInt(written.value);
  return value >> BigInt(bits) === 0n ? ok(value) : err(fault(element.line, `${name} has at most ${bits} bits`));
}
