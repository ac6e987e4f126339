/** docs/agreement/libvirt.md: what agrees, and every difference under the rule that explains it. */
import { listed, table } from '../markdown.ts';
import type { Compared, Difference } from './compare.ts';
import type { Rule } from './rules.ts';

export interface Row {
  readonly cpu: string;
  readonly model: string;
  readonly host: Compared | null;
  readonly qemu: Compared | null;
  /** Boolean properties of QEMU that neither name a bit nor are known as something else. */
  readonly strange: readonly string[];
}

export function libvirtPage(rows: readonly Row[], mapVersion: string): string {
  const host = rows.flatMap((row) => row.host ?? []);
  const qemu = rows.flatMap((row) => row.qemu ?? []);
  const strange = [...new Set(rows.flatMap((row) => row.strange))];
  return [
    '# Agreement with libvirt and QEMU on real CPUs',
    '',
    "Written by `node scripts/agreement/libvirt.ts`; do not edit by hand. libvirt's test data (11.3, `tests/cputestdata`)",
    `holds ${rows.length} raw CPUID dumps of real CPUs, what libvirt finds in each (\`-host.xml\`), and for ${qemu.length} of them what`,
    'QEMU made of `-cpu host` on that machine (`.json`). Evenkeel reads the dump, names its bits by',
    '`src/arch/x86/tables/qemu-names.ts` and is held against both.',
    '',
    `**libvirt**: the model's features by libvirt's own CPU map (Debian's libvirt-common ${mapVersion}), and the features that`,
    `libvirt lists beside the model. ${sum(host, 'agree')} answers agree, ${differencesOf(host).length} differ, ${unexplained(host).length} of those without an explanation.`,
    '',
    `**QEMU**: every property that stands for a bit. ${sum(qemu, 'agree')} answers agree, ${differencesOf(qemu).length} differ, ${unexplained(qemu).length} of those without an`,
    `explanation. ${strange.length === 0 ? 'Every other boolean property is a switch of QEMU itself.' : `Properties that nobody knows: ${listed(strange)}.`}`,
    '',
    'The two are different questions. libvirt decodes the same CPUID that the dump holds, so it must agree bit by bit. QEMU',
    'answers what KVM gives a guest on that CPU, which is the subject of a surface and not of a raw dump; the classes below',
    'are what lies between the two.',
    '',
    table(
      [
        'CPU',
        'model by libvirt',
        'libvirt: agree',
        'differ',
        'QEMU: agree',
        'CPU only',
        'QEMU only',
        'not in the dump',
      ],
      rows.map(({ cpu, model, host: ours, qemu: theirs }) => [
        cpu,
        model,
        ours?.yes ?? '',
        ours === null ? '' : ours.agree - ours.yes,
        ours?.differences.length ?? '',
        theirs?.yes ?? 'no expansion',
        theirs === null ? '' : theirs.agree - theirs.yes,
        theirs === null ? '' : count(theirs, true),
        theirs === null ? '' : count(theirs, false),
        theirs === null ? '' : count(theirs, null),
      ]),
    ),
    '',
    '## Differences to libvirt',
    '',
    ...byRule(differencesOf(host)),
    '## Differences to QEMU',
    '',
    ...byRule(differencesOf(qemu)),
  ].join('\n');
}

export function differencesOf(compared: readonly Compared[]): readonly Difference[] {
  return compared.flatMap(({ differences }) => differences);
}

export function unexplained(compared: readonly Compared[]): readonly Difference[] {
  return differencesOf(compared).filter(({ rule }) => rule === null);
}

function sum(compared: readonly Compared[], what: 'agree' | 'undecided'): number {
  return compared.reduce((all, one) => all + one[what], 0);
}

function count({ differences }: Compared, has: boolean | null): number {
  return differences.filter((difference) => difference.has === has).length;
}

const WHAT = { true: 'The CPU has it, the answer is no', false: 'The CPU lacks it, the answer is yes' } as const;

function byRule(differences: readonly Difference[]): string[] {
  const groups = Map.groupBy(differences, ({ rule }) => rule);
  return [...groups].flatMap(([rule, members]) => {
    const features = Map.groupBy(members, ({ feature }) => feature);
    const rows = [...features]
      .toSorted(([a], [b]) => a.localeCompare(b))
      .map(([feature, where]) => [`\`${feature}\``, where.length, listed(where.map(({ cpu }) => cpu))]);
    return [...heading(rule, members[0]?.has ?? null), '', table(['feature', 'CPUs', ''], rows), ''];
  });
}

function heading(rule: Rule | null, has: boolean | null): string[] {
  const what = has === null ? 'The dump does not hold it, the answer is yes' : WHAT[`${has}`];
  if (rule === null) return ['### Not explained'];
  return [`### ${rule.id}`, '', `${what}: ${rule.reason}.`, '', `Source: ${rule.source}.`];
}
