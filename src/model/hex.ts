/**
 * Numbers in files. A register is written as lower-case hex with a `0x` prefix and no padding, because JSON
 * numbers lose bits above 2^53; in memory it is a `bigint`.
 */
export type Hex = `0x${string}`;

const PATTERN = /^0x(?:0|[1-9a-f][0-9a-f]*)$/;

/** The canonical text of a non-negative value: `0x0`, `0x1de7`. */
export function hex(value: bigint | number): Hex {
  if (value < 0) throw new RangeError(`a register value is never negative: ${value}`);
  return `0x${value.toString(16)}`;
}

/** True for exactly the texts that `hex` writes. */
export function isHex(text: string): text is Hex {
  return PATTERN.test(text);
}

/** The value of a canonical hex text. Throws on anything else: check with `isHex` (or a schema) at the edge. */
export function fromHex(text: Hex): bigint {
  if (!isHex(text)) throw new RangeError(`not a canonical hex value: ${text}`);
  return BigInt(text);
}
