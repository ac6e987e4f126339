/** `qemu record`: records the VMM surfaces that come with Evenkeel again. */
import { object } from '@optique/core/constructs';
import { message } from '@optique/core/message';
import { map, multiple, withDefault } from '@optique/core/modifiers';
import { option } from '@optique/core/primitives';
import { choice, string } from '@optique/core/valueparser';
import { QEMU_VERSIONS, recordQemu } from '../../lab/index.ts';
import type { RecordedQemu } from '../../lab/index.ts';
import { define } from '../command.ts';
import type { Command, Task } from '../command.ts';
import { shortFingerprint } from '../describe.ts';
import { EXIT } from '../exit.ts';
import { ARCHITECTURES, architectureOption, labFailure, labFor } from '../lab.ts';
import { table } from '../table.ts';

export const qemuRecord: Command = define(
  'record',
  map(
    object({
      versions: multiple(
        option('--qemu', choice(QEMU_VERSIONS, { metavar: 'VERSION' }), {
          description: message`Only this version; may be repeated`,
        }),
      ),
      architecture: architectureOption(),
      directory: withDefault(
        option('--surfaces', string({ metavar: 'DIR' }), {
          description: message`Where to write; default: surfaces/vmm`,
        }),
        'surfaces/vmm',
      ),
    }),
    ({ versions, architecture, directory }): Task =>
      async (terminal) => {
        const recorded = await recordQemu(labFor(terminal), {
          directory,
          versions: versions.length === 0 ? QEMU_VERSIONS : versions,
          architectures: architecture === undefined ? ARCHITECTURES : [architecture],
          onProgress: (text) => terminal.status(text),
        });
        terminal.status('');
        terminal.out(table(COLUMNS, recorded.map(row), { width: terminal.width }));
        const failed = recorded.find(({ result }) => !result.ok);
        return failed === undefined || failed.result.ok ? EXIT.ok : labFailure(terminal, failed.result.error);
      },
  ),
  {
    brief: 'Record the QEMUs that come with Evenkeel again',
    description:
      "Debian's QEMU 5.2, 7.2, 10.0 and 11.1 for both architectures, asked under TCG. A file whose fingerprint is the same is left as it is.",
    examples: ['evenkeel qemu record', 'evenkeel qemu record --qemu 10.0 --arch arm64 --surfaces /tmp/again'],
  },
);

const COLUMNS = [
  { title: 'VMM SURFACE' },
  { title: 'FINGERPRINT' },
  { title: 'AGAINST BEFORE' },
  { title: 'SECONDS', align: 'right' as const },
  { title: 'FAILURE', flexible: true },
];

function row({ name, result }: RecordedQemu): string[] {
  if (!result.ok) return [name, '-', '-', '-', result.error.message];
  const { surface, compared } = result.value;
  const seconds = ((surface.recorded.milliseconds ?? 0) / 1000).toFixed(1);
  return [name, shortFingerprint(surface.fingerprint), compared, seconds, ''];
}
