/** `libvirt hook`: the hook's answer by hand, or from a script of one's own. Prints nothing to standard output. */
import { object } from '@optique/core/constructs';
import { message } from '@optique/core/message';
import { map, optional } from '@optique/core/modifiers';
import { argument } from '@optique/core/primitives';
import { choice, string } from '@optique/core/valueparser';
import { OPERATIONS } from '../../interop/libvirt-hook/operations.ts';
import { answerCall } from '../../interop/libvirt-hook/run.ts';
import { DEFAULT_SETTINGS } from '../../interop/libvirt-hook/settings.ts';
import { define } from '../command.ts';
import type { Command, Task } from '../command.ts';
import { EXIT, failure } from '../exit.ts';
import { allowOption, directoryOption, onFailureOption, withoutContractOption } from '../libvirt/options.ts';

export const libvirtHook: Command = define(
  'hook',
  map(
    object({
      guest: argument(string({ metavar: 'GUEST' }), { description: message`The domain's name` }),
      operation: argument(choice(OPERATIONS, { metavar: 'OPERATION' }), {
        description: message`What libvirt is about to do`,
      }),
      phase: optional(argument(string({ metavar: 'PHASE' }), { description: message`libvirt's third word` })),
      extra: optional(argument(string({ metavar: 'EXTRA' }), { description: message`libvirt's fourth word` })),
      directory: directoryOption(),
      allow: allowOption(),
      withoutContract: withoutContractOption(),
      onFailure: onFailureOption(),
    }),
    ({ guest, operation, ...given }): Task =>
      async (terminal) => {
        const {
          directory = DEFAULT_SETTINGS.directory,
          allow = DEFAULT_SETTINGS.allow,
          withoutContract = DEFAULT_SETTINGS.withoutContract,
          onFailure = DEFAULT_SETTINGS.onFailure,
        } = given;
        const decision = answerCall({ guest, operation, directory, policy: { allow, withoutContract } });
        switch (decision.kind) {
          case 'allow':
            return EXIT.ok;
          case 'veto':
            return failure(EXIT.worse, decision.why);
          case 'no-answer':
            if (onFailure === 'closed') return failure(EXIT.worse, decision.why);
            terminal.note(`evenkeel: let through without an answer: ${decision.why}`);
            return EXIT.ok;
        }
      },
  ),
  {
    brief: "Answer a call of libvirt's, with the domain's XML on standard input",
    description:
      'Ends with 0 where the guest may come, and with 1 where it may not; vetoes at prepare, start and migrate alone. libvirt is best given the script of evenkeel libvirt install-hook, which starts faster and has a deadline.',
    examples: ['virsh dumpxml web1 | evenkeel libvirt hook web1 prepare begin -'],
  },
);
