/** `contract export --qemu V`: the arguments of one version of QEMU. */
import { object } from '@optique/core/constructs';
import { message } from '@optique/core/message';
import { map, optional } from '@optique/core/modifiers';
import type { Parser } from '@optique/core/parser';
import { option } from '@optique/core/primitives';
import { choice, string } from '@optique/core/valueparser';
import { err } from '../../model/index.ts';
import { EXIT, failure } from '../exit.ts';
import type { Target } from './target.ts';

const VERSIONS = ['5.2', '7.2', '10.0', '11.1'] as const;

export const qemuTarget: Parser<'sync', Target, unknown> = map(
  object({
    version: option('--qemu', choice(VERSIONS, { metavar: 'VERSION' }), {
      description: message`The arguments of this QEMU: -machine, -accel, -cpu`,
    }),
    model: optional(
      option('--model', string({ metavar: 'NAME' }), {
        description: message`With --qemu: start from this CPU model; default: the one that leaves the least to say`,
      }),
    ),
  }),
  ({ version }): Target => ({
    vmm: `qemu:${version}`,
    run: () => Promise.resolve(err(failure(EXIT.usage, `--qemu ${version} is not there yet`))),
  }),
);
