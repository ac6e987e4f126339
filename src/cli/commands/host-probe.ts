/** `host probe`: measures this host and writes its surface. */
import { object } from '@optique/core/constructs';
import { map } from '@optique/core/modifiers';
import { surfaceText } from '../../format/index.ts';
import { define } from '../command.ts';
import type { Command, Task } from '../command.ts';
import { describeHost, shortFingerprint } from '../describe.ts';
import { EXIT } from '../exit.ts';
import { writeOption } from '../operands.ts';
import { emit } from '../emit.ts';
import { probe } from '../probe.ts';

export const hostProbe: Command = define(
  'probe',
  map(object({ write: writeOption() }), ({ write }): Task => async (terminal) => {
    const probed = await probe(terminal);
    if (!probed.ok) return probed.error;
    const surface = probed.value;
    const failed = emit(terminal, surfaceText(surface), write);
    if (failed !== null) return failed;
    const { milliseconds, ioctls } = surface.recorded;
    const counted = ioctls === null ? '' : `, ${ioctls} ioctls`;
    terminal.note(`${describeHost(surface)}: ${shortFingerprint(surface.fingerprint)} in ${milliseconds} ms${counted}`);
    return EXIT.ok;
  }),
  {
    brief: 'Measure what this host can show a guest',
    description:
      'Needs read and write permission on /dev/kvm and nothing else. Every VM that it makes is gone when it ends; no setting of the host is changed.',
    examples: ['evenkeel host probe --write before-upgrade.json', 'ssh root@node7 evenkeel host probe > node7.json'],
  },
);
