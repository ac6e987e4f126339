/** `contract export --libvirt`: a `<cpu>`, and `<features>` and `<clock>` where the contract needs them. */
import { object } from '@optique/core/constructs';
import { message } from '@optique/core/message';
import { map, optional } from '@optique/core/modifiers';
import type { Parser } from '@optique/core/parser';
import { flag, option } from '@optique/core/primitives';
import { string } from '@optique/core/valueparser';
import { err } from '../../model/index.ts';
import { EXIT, failure } from '../exit.ts';
import type { Target } from './target.ts';

export const libvirtTarget: Parser<'sync', Target, unknown> = map(
  object({
    libvirt: flag('--libvirt', {
      description: message`The <cpu> of libvirt's domain XML, with <features> and <clock> where they are needed`,
    }),
    model: optional(
      option('--cpu-model', string({ metavar: 'NAME' }), {
        description: message`With --libvirt: describe the CPU by this model; default: the one with the smallest difference`,
      }),
    ),
    cpuMap: optional(
      option('--cpu-map', string({ metavar: 'DIR' }), {
        description: message`With --libvirt: the CPU map whose names are used; default: that of this machine`,
      }),
    ),
  }),
  ({ model, cpuMap }): Target => ({
    // Whatever the version, libvirt's guests are QEMU's; which one, the contract has to say.
    vmm: null,
    run: async (registry, contract) => {
      const { exportLibvirt } = await import('../../interop/libvirt/export.ts');
      const made = exportLibvirt(registry, contract, { model, map: cpuMap });
      if (made.ok) return made;
      const { message: text, advice } = made.error;
      return err(advice === null ? failure(EXIT.input, text) : failure(EXIT.input, text, advice));
    },
  }),
);
