/** Comparisons in words, for people. */
import { unreachable } from './result.ts';
import type { Element } from './element.ts';

export function comparisonText({
  comparison,
  signed,
  tolerance,
}: Pick<Element, 'comparison' | 'signed' | 'tolerance'>): string {
  const number = signed ? 'as a signed number' : 'as a number';
  const close = tolerance === undefined ? '' : `, within ${tolerance} parts per million`;
  switch (comparison) {
    case 'subset':
      return 'as a set of bits: the host must have what the guest was promised, and hide the rest';
    case 'lower-safe':
      return `${number}, the smaller the safer: the host must reach what the guest was promised, and be set to it${close}`;
    case 'higher-safe':
      return `${number}, the larger the safer: the host must not be above what the guest was promised, and be set to it${close}`;
    case 'higher-or-zero':
      return `${number}, the larger the safer and 0 above all${close}`;
    case 'exact':
      return `exactly${close}`;
    case 'none':
      return 'not compared: no host promises it';
    default:
      return unreachable(comparison);
  }
}
