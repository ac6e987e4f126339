/** `contract export --firecracker`: a CPU template. */
import { object } from '@optique/core/constructs';
import { message } from '@optique/core/message';
import { map, optional, withDefault } from '@optique/core/modifiers';
import type { Parser } from '@optique/core/parser';
import { flag, option } from '@optique/core/primitives';
import { measure } from '../../arch/index.ts';
import { err, ok } from '../../model/index.ts';
import { EXIT, failure } from '../exit.ts';
import { loadSurface } from '../input.ts';
import { surfaceName } from '../operands.ts';
import { measureOptions } from '../pin.ts';
import type { Target } from './target.ts';

const ADVICE =
  'On the host where the guest is to start: cpu-template-helper fingerprint dump --output FILE, then --from FILE.';

export const firecrackerTarget: Parser<'sync', Target, unknown> = map(
  object({
    firecracker: flag('--firecracker', { description: message`A CPU template of Firecracker` }),
    from: optional(
      option('--from', surfaceName('SURFACE'), {
        description: message`With --firecracker: what guests have without a template on the host where this one is to start`,
      }),
    ),
    full: withDefault(
      flag('--full', { description: message`With --firecracker: name every promised bit, not only what differs` }),
      false,
    ),
    claim: withDefault(
      flag('--claim', {
        description: message`With --firecracker: also set features that guests do not have there`,
      }),
      false,
    ),
  }),
  ({ from, full, claim }): Target => ({
    vmm: 'firecracker:1.16',
    run: async (registry, contract, terminal) => {
      if (from === undefined) {
        return err(failure(EXIT.usage, '--firecracker: a template is laid over something: --from says what', ADVICE));
      }
      const base = await loadSurface(from, terminal);
      if (!base.ok) return base;
      const { name, surface } = base.value;
      if (surface.architecture !== contract.architecture) {
        const text = `${contract.name} is of ${contract.architecture} and ${name} of ${surface.architecture}`;
        return err(failure(EXIT.input, text));
      }
      const { exportTemplate } = await import('../../interop/firecracker/export.ts');
      const measured = measure(surface, measureOptions(contract.choices));
      const found = exportTemplate(registry, contract, { base: { name, surface, measured }, full, claim });
      return found.ok ? ok(found.value) : err(failure(EXIT.worse, `${contract.name}, on ${name}: ${found.error}`));
    },
  }),
);
