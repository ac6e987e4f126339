/** `contract export --qemu V`: the arguments of one version of QEMU. */
import { object } from '@optique/core/constructs';
import { message } from '@optique/core/message';
import { map, optional } from '@optique/core/modifiers';
import type { Parser } from '@optique/core/parser';
import { option } from '@optique/core/primitives';
import { choice, string } from '@optique/core/valueparser';
import { QEMU_VERSIONS } from '../../arch/vmm/qemu-version.ts';
import { err } from '../../model/index.ts';
import { EXIT, failure } from '../exit.ts';
import type { Target } from './target.ts';

export const qemuTarget: Parser<'sync', Target, unknown> = map(
  object({
    version: option('--qemu', choice(QEMU_VERSIONS, { metavar: 'VERSION' }), {
      description: message`The arguments of this QEMU: -machine, -accel, -cpu`,
    }),
    model: optional(
      option('--model', string({ metavar: 'NAME' }), {
        description: message`With --qemu: start from this CPU model; default: base on x86, host on arm64`,
      }),
    ),
    machine: optional(
      option('--machine', string({ metavar: 'TYPE' }), {
        description: message`With --qemu: the machine type, such as pc-q35-7.2; default: the newest of that version`,
      }),
    ),
  }),
  (options): Target => ({
    vmm: `qemu:${options.version}`,
    run: async (registry, contract) => {
      const { exportQemu } = await import('../../interop/qemu/export/index.ts');
      const found = exportQemu(registry, contract, options);
      return found.ok ? found : err(failure(EXIT.usage, found.error));
    },
  }),
);
