/** `contract export --openstack`. */
import { object } from '@optique/core/constructs';
import { message } from '@optique/core/message';
import { map, optional } from '@optique/core/modifiers';
import type { Parser } from '@optique/core/parser';
import { flag, option } from '@optique/core/primitives';
import { string } from '@optique/core/valueparser';
import { err, ok } from '../../model/index.ts';
import { EXIT, failure } from '../exit.ts';
import type { Target } from './target.ts';

export const openstackTarget: Parser<'sync', Target, unknown> = map(
  object({
    openstack: flag('--openstack', {
      description: message`Options of nova.conf, and extra specs of a flavor with traits`,
    }),
    model: optional(
      option('--cpu-model', string({ metavar: 'NAME' }), {
        description: message`With --openstack: describe the CPU by this model of libvirt's; default: the one with the smallest difference`,
      }),
    ),
    cpuMap: optional(
      option('--cpu-map', string({ metavar: 'DIR' }), {
        description: message`With --openstack: the CPU map whose names are used; default: that of this machine`,
      }),
    ),
  }),
  ({ model, cpuMap }): Target => ({
    // Its guests are QEMU's; of which version, the contract has to say.
    vmm: null,
    run: async (registry, contract) => {
      const [{ describeContract }, { exportOpenstack }] = await Promise.all([
        import('../../interop/libvirt/described.ts'),
        import('../../interop/openstack/contract.ts'),
      ]);
      const described = describeContract(registry, contract, { model, map: cpuMap });
      if (described.ok) return ok(exportOpenstack(registry, contract, described.value));
      const { message: text, advice } = described.error;
      return err(advice === null ? failure(EXIT.input, text) : failure(EXIT.input, text, advice));
    },
  }),
);
