/** 32-bit words of a binary state that are not 0, by offset in bytes: how the probe writes pages that are mostly zero. */
import { hex } from '../../../model/index.ts';
import type { Hex } from '../../../model/index.ts';

export function nonzeroWords(bytes: Uint8Array): { readonly offset: Hex; readonly value: Hex }[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const words: { offset: Hex; value: Hex }[] = [];
  for (let offset = 0; offset + 4 <= bytes.length; offset += 4) {
    const value = view.getUint32(offset, true);
    if (value !== 0) words.push({ offset: hex(offset), value: hex(value) });
  }
  return words;
}
