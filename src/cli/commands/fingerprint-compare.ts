/** `fingerprint compare`: two fingerprints of Firecracker, with what each difference means in both directions. */
import { object } from '@optique/core/constructs';
import { message } from '@optique/core/message';
import { map, multiple, optional } from '@optique/core/modifiers';
import { argument, flag, option } from '@optique/core/primitives';
import { string } from '@optique/core/valueparser';
import { fingerprintComparisonSchema } from '../../format/index.ts';
import { FINGERPRINT_COMPARISON_FORMAT, FINGERPRINT_FIELDS, err, ok, worse } from '../../model/index.ts';
import type { FingerprintField, Result } from '../../model/index.ts';
import { define } from '../command.ts';
import type { Command, Task } from '../command.ts';
import { describeHost } from '../describe.ts';
import { documentText } from '../emit.ts';
import { EXIT, exitOf, failure } from '../exit.ts';
import type { Failure } from '../exit.ts';
import { comparisonText } from '../fingerprint-text.ts';
import { isFirecrackers } from '../firecracker.ts';
import { fingerprinted, loadSurfaces } from '../input.ts';
import { outputOption } from '../operands.ts';
import { differentArchitectures } from '../pin.ts';

interface Said {
  readonly operands: readonly string[];
  readonly prev: string | undefined;
  readonly curr: string | undefined;
  readonly filters: readonly string[];
}

export const fingerprintCompare: Command = define(
  'compare',
  map(
    object({
      operands: multiple(
        argument(string({ metavar: 'FILE' }), { description: message`PREV and CURR: fingerprints, or template dumps` }),
      ),
      prev: optional(
        option('-p', '--prev', string({ metavar: 'FILE' }), {
          description: message`As cpu-template-helper has it: PREV`,
        }),
      ),
      curr: optional(
        option('-c', '--curr', string({ metavar: 'FILE' }), {
          description: message`As cpu-template-helper has it: CURR`,
        }),
      ),
      filters: multiple(
        option('-f', '--filters', string({ metavar: 'FIELDS' }), {
          description: message`Compare these fields only, such as kernel_version,guest_cpu_config; may be repeated`,
        }),
      ),
      byVerdict: optional(
        flag('--by-verdict', {
          description: message`End with the code of the worst verdict on what differs, not with 1 for any difference`,
        }),
      ),
      all: optional(flag('-a', '--all', { description: message`Every element of every reason` })),
      output: outputOption(),
    }),
    ({ byVerdict, all, output, ...said }): Task =>
      async (terminal) => {
        const wanted = wantedOf(said);
        if (!wanted.ok) return wanted.error;
        const { filters, prev: before, curr: now } = wanted.value;
        const loaded = await loadSurfaces([before, now], terminal);
        if (!loaded.ok) return loaded.error;
        const [prev, curr] = loaded.value;
        if (prev === undefined || curr === undefined) throw new Error('two names give two surfaces');
        for (const { name, surface } of [prev, curr]) {
          if (!isFirecrackers(surface)) return notFirecrackers(name);
        }
        if (prev.surface.architecture !== curr.surface.architecture) return differentArchitectures(prev, curr);
        const { compareFingerprints } = await import('../../interop/firecracker/compare.ts');
        const comparison = compareFingerprints(prev.surface, curr.surface, filters);
        if (output === 'json') {
          const document = fingerprintComparisonSchema.encode({
            format: FINGERPRINT_COMPARISON_FORMAT,
            prev: fingerprinted(prev),
            curr: fingerprinted(curr),
            filters,
            ...comparison,
          });
          terminal.out(documentText(document));
        } else {
          const title = `Prev  ${prev.name}  ${describeHost(prev.surface)}\nCurr  ${curr.name}  ${describeHost(curr.surface)}\n`;
          terminal.out(`${title}${comparisonText(terminal, comparison, all === true)}`);
        }
        const { fields, elements, there, back } = comparison;
        if (byVerdict === true) return exitOf(worse(there, back));
        return fields.length + elements.length === 0 ? EXIT.ok : EXIT.worse;
      },
  ),
  {
    brief: 'Say what differs between two fingerprints of Firecracker, and what it means for guests',
    description:
      "Takes what cpu-template-helper's own command takes, --prev, --curr and --filters too, and ends with 1 where anything differs, as that does.",
    examples: [
      'evenkeel fingerprint compare before.json after.json',
      'evenkeel fingerprint compare before.json after.json --filters guest_cpu_config --by-verdict',
      'evenkeel fingerprint compare --prev before.json --curr after.json --filters kernel_version guest_cpu_config',
    ],
  },
);

interface Wanted {
  readonly prev: string;
  readonly curr: string;
  readonly filters: readonly FingerprintField[];
}

/**
 * Two operands, or --prev and --curr; then what stands alone belongs to --filters, which cpu-template-helper lets take
 * several words.
 */
function wantedOf({ operands, prev, curr, filters }: Said): Result<Wanted, Failure> {
  const named = prev !== undefined && curr !== undefined;
  const files = named ? [prev, curr] : operands;
  const [before, now, ...others] = files;
  if (before === undefined || now === undefined || others.length > 0 || (!named && (prev ?? curr) !== undefined)) {
    return err(failure(EXIT.usage, 'two files are compared: PREV CURR, or --prev PREV --curr CURR', ADVICE));
  }
  const fields = [...filters, ...(named ? operands : [])].flatMap((list) => list.split(','));
  const stray = fields.find((name) => !isField(name));
  if (stray !== undefined || (named && operands.length > 0 && filters.length === 0)) {
    const text =
      stray === undefined ? `${operands.join(' ')}: there are two files already` : `--filters ${stray}: no such field`;
    return err(failure(EXIT.usage, text, `Fields: ${FINGERPRINT_FIELDS.join(', ')}`));
  }
  const chosen = FINGERPRINT_FIELDS.filter((name) => fields.length === 0 || fields.includes(name));
  return ok({ prev: before, curr: now, filters: chosen });
}

const ADVICE = 'See: evenkeel fingerprint compare --help';

const isField = (name: string): boolean => FINGERPRINT_FIELDS.some((field) => field === name);

function notFirecrackers(name: string): Failure {
  return failure(
    EXIT.input,
    `${name}: this is no capture of Firecracker's`,
    'Surfaces are compared by: evenkeel surface diff A B, and evenkeel migration check A --to B',
  );
}
