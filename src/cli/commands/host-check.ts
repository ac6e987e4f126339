/**
 * `host check`, which `npm start` runs: this host beside the recorded surfaces of its architecture, and for each
 * recorded CPU where a guest can go between kernels and whether it can come back. A report: it ends with 0 whatever
 * the verdicts are.
 */
import { object } from '@optique/core/constructs';
import { map } from '@optique/core/modifiers';
import { measure } from '../../arch/index.ts';
import { ownArchitecture } from '../../probe/index.ts';
import { define } from '../command.ts';
import type { Command, Task } from '../command.ts';
import { describeHost, shortFingerprint } from '../describe.ts';
import { EXIT } from '../exit.ts';
import type { Failure } from '../exit.ts';
import type { NamedSurface } from '../input.ts';
import { cpuReport, cpusOf } from '../kernels.ts';
import type { Step } from '../kernels.ts';
import { probe } from '../probe.ts';
import type { Terminal } from '../terminal.ts';

const LEGEND = `
Recorded kernels: a guest that was started on the row's kernel moves to the column's. Right of the diagonal is an
upgrade, left of it a rollback; the worst level, and how many elements have it.
`;

export const hostCheck: Command = define(
  'check',
  map(object({}), (): Task => async (terminal) => {
    const probed = await probe(terminal);
    if (!probed.ok && probed.error.exit !== EXIT.kvm) return probed.error;
    const host: NamedSurface | null = probed.ok ? { kind: 'surface', name: 'host', surface: probed.value } : null;
    terminal.out(host === null ? withoutHost(probed.ok ? null : probed.error) : hostText(terminal, host));
    const architecture = ownArchitecture() ?? 'x86_64';
    const cpus = cpusOf(architecture);
    if (cpus.length > 0) terminal.out(LEGEND);
    let worst: Step | null = null;
    for (const cpu of cpus) {
      const report = await cpuReport(terminal, cpu, host);
      if (!report.ok) return report.error;
      terminal.out(report.value.text);
      worst ??= report.value.worst;
    }
    terminal.out(nextSteps(host !== null, worst));
    return EXIT.ok;
  }),
  {
    brief: 'Put this host beside the recorded kernels of its architecture',
    description: 'A report: ends with 0 whatever the verdicts are. Without KVM it shows the recorded kernels alone.',
    examples: ['evenkeel host check'],
  },
);

function withoutHost(why: Failure | null): string {
  const advice = why?.advice === undefined ? '' : `\n  ${why.advice}`;
  return `This host was not measured: ${why?.message ?? 'unknown'}${advice}\n`;
}

function hostText(terminal: Terminal, { surface }: NamedSurface): string {
  const { milliseconds, ioctls } = surface.recorded;
  const unmeasured = Object.entries(surface.sections).filter(([, section]) => section.outcome === 'failed');
  return [
    `${terminal.style('bold', 'This host')}  ${describeHost(surface)}\n`,
    `           fingerprint ${shortFingerprint(surface.fingerprint)}, ${ioctls ?? 'unknown'} ioctls in ${milliseconds ?? 'unknown'} ms\n`,
    ...unmeasured.map(([name]) => `           ${name} could not be measured: evenkeel surface show host\n`),
    ...measure(surface).caveats.map((caveat) => `           Caution: ${caveat}\n`),
  ].join('');
}

/** What to type next, ending where a person who has seen the grid wants to look closer. */
function nextSteps(measured: boolean, worst: Step | null): string {
  const commands: (readonly [command: string, what: string])[] = [];
  if (measured) {
    commands.push(['evenkeel host probe --write before.json', 'keep what this host shows now']);
    commands.push(['evenkeel migration check before.json --to host', 'after the upgrade: what changed for its guests']);
  }
  if (worst !== null) {
    const [from, to] = [worst.older.name, worst.newer.name];
    commands.push([`evenkeel surface diff ${from} ${to}`, 'what that kernel changed']);
    commands.push([
      `evenkeel migration check ${from} --to ${to} --and-back ${from}`,
      'whether a guest can go and return',
    ]);
  }
  commands.push(['evenkeel --help', 'everything else']);
  const lines = commands.map(([command, what]) => `  # ${what}\n  npx ${command}\n`);
  return `\nNext:\n${lines.join('')}`;
}
