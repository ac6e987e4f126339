/** Exceptions by the manuals' mnemonics (Intel SDM volume 3A, table 7-1; AMD APM volume 2, table 8-1 for #HV, #VC, #SX). */
const MNEMONICS: Readonly<Record<number, string>> = {
  0: '#DE',
  1: '#DB',
  2: 'NMI',
  3: '#BP',
  4: '#OF',
  5: '#BR',
  6: '#UD',
  7: '#NM',
  8: '#DF',
  10: '#TS',
  11: '#NP',
  12: '#SS',
  13: '#GP',
  14: '#PF',
  16: '#MF',
  17: '#AC',
  18: '#MC',
  19: '#XM',
  20: '#VE',
  21: '#CP',
  28: '#HV',
  29: '#VC',
  30: '#SX',
};

/** Exceptions that have an error code worth saying: selectors and page faults. */
const SAYS_MORE: readonly number[] = [10, 11, 12, 13, 14, 21];

/** `#UD`, `#GP(0x0)`, `vector 32`. */
export function describeFault({ vector, errorCode }: { readonly vector: number; readonly errorCode: bigint }): string {
  const name = MNEMONICS[vector] ?? `vector ${vector}`;
  return SAYS_MORE.includes(vector) ? `${name}(0x${errorCode.toString(16)})` : name;
}
