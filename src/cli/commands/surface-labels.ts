/** `surface labels`: what a cluster's scheduler is to be told of a host. */
import { object, or } from '@optique/core/constructs';
import { message } from '@optique/core/message';
import { map, multiple } from '@optique/core/modifiers';
import type { Parser } from '@optique/core/parser';
import { argument, flag, option } from '@optique/core/primitives';
import { measure } from '../../arch/index.ts';
import { hostLabelsSchema } from '../../format/index.ts';
import { nodeLabels, ownLabels } from '../../interop/kubevirt/index.ts';
import { hostTraits, ownTraits } from '../../interop/openstack/index.ts';
import { HOST_LABELS_FORMAT, err, ok } from '../../model/index.ts';
import type { Contract, HostLabel, HostLabels, Level, Result } from '../../model/index.ts';
import { define } from '../command.ts';
import type { Command, Task } from '../command.ts';
import { documentText } from '../emit.ts';
import { EXIT } from '../exit.ts';
import type { Failure } from '../exit.ts';
import { fingerprinted, load, loadSurface } from '../input.ts';
import type { NamedSurface } from '../input.ts';
import { departure, move } from '../move.ts';
import { outputOption, surfaceName, vcpuOption } from '../operands.ts';
import { wrap } from '../table.ts';
import { showLevel } from '../terminal.ts';
import type { Terminal } from '../terminal.ts';
import { vmmOption, vmmProfile } from '../vmm.ts';

/** Columns, where nobody says how many there are. */
const WIDEST = 100;

type Target = HostLabels['target'];

const target: Parser<'sync', Target, unknown> = or(
  map(flag('--kubevirt', { description: message`Labels of a node` }), (): Target => 'kubevirt'),
  map(flag('--openstack', { description: message`Traits of a compute host` }), (): Target => 'openstack'),
);

export const surfaceLabels: Command = define(
  'labels',
  map(
    object({
      name: argument(surfaceName('SURFACE'), { description: message`A file, "host", or a recorded surface` }),
      target,
      contracts: multiple(
        option('--contract', surfaceName('CONTRACT'), {
          description: message`Say how this contract comes out on the host; may be repeated`,
        }),
      ),
      vmm: vmmOption(),
      vcpu: vcpuOption(),
      output: outputOption(),
    }),
    ({ name, target: wanted, contracts: names, vmm, vcpu, output }): Task =>
      async (terminal) => {
        const host = await loadSurface(name, terminal);
        if (!host.ok) return host.error;
        const judged: Judged[] = [];
        for (const each of names) {
          const level = await judge(each, host.value, { vmm, vcpu }, terminal);
          if (!level.ok) return level.error;
          judged.push(level.value);
        }
        const labels = labelsOf(wanted, host.value, judged);
        terminal.out(output === 'json' ? documentText(hostLabelsSchema.encode(labels)) : ownText(labels));
        for (const line of output === 'json' ? [] : notes(terminal, labels)) terminal.note(line);
        return EXIT.ok;
      },
  ),
  {
    brief: "Say of a host what a cluster's scheduler should know, as KubeVirt or OpenStack spell it",
    description:
      "Standard output has what an operator sets: a label or trait of the surface, and one for each contract. What KubeVirt's node-labeller or nova says by itself, and would overwrite, is on standard error and in -o json.",
    examples: [
      'kubectl label node node7 --overwrite $(evenkeel surface labels node7.json --kubevirt --contract web.contract.json)',
      'evenkeel surface labels node7.json --openstack --contract web.contract.json > /etc/nova/provider_config/evenkeel.yaml',
      'evenkeel surface labels x86_64/epyc-milan/debian-6.12 --kubevirt -o json',
    ],
  },
);

interface Judged {
  readonly contract: Contract;
  readonly level: Level;
}

async function judge(
  name: string,
  host: NamedSurface,
  { vmm, vcpu }: { readonly vmm: Parameters<typeof vmmProfile>[0] | undefined; readonly vcpu: string | undefined },
  terminal: Terminal,
): Promise<Result<Judged, Failure>> {
  const loaded = await load(name, terminal);
  if (!loaded.ok) return loaded;
  const profile = vmm === undefined ? undefined : await vmmProfile(vmm);
  const leaving = departure(loaded.value, vcpu, profile);
  if (!leaving.ok) return leaving;
  const moved = move(leaving.value, host, null, profile);
  return moved.ok ? ok({ contract: leaving.value.contract, level: moved.value.there.level }) : err(moved.error);
}

function labelsOf(target: Target, host: NamedSurface, judged: readonly Judged[]): HostLabels {
  const { fingerprint } = host.surface;
  const cluster = target === 'kubevirt' ? nodeLabels(host.surface) : hostTraits(measure(host.surface));
  return {
    format: HOST_LABELS_FORMAT,
    architecture: host.surface.architecture,
    target,
    surface: fingerprinted(host),
    contracts: judged.map(({ contract, level }) => ({ contract: contract.name, level })),
    own: target === 'kubevirt' ? ownLabels(fingerprint, judged) : ownTraits(fingerprint, judged),
    ...cluster,
  };
}

/** As kubectl takes labels; for nova a file of /etc/nova/provider_config, which adds traits to the host's own. */
function ownText({ target, own }: HostLabels): string {
  if (target === 'kubevirt') return own.map(({ key, value }) => `${key}=${value ?? ''}\n`).join('');
  return [
    'meta:',
    "  schema_version: '1.0'",
    'providers:',
    '  - identification:',
    '      uuid: $COMPUTE_NODE',
    '    traits:',
    '      additional:',
    ...own.map(({ key }) => `        - ${key}`),
    '',
  ].join('\n');
}

const AGENTS: Readonly<Record<Target, string>> = { kubevirt: "KubeVirt's node-labeller", openstack: 'nova' };

function notes(terminal: Terminal, { target, contracts, expected, unknown }: HostLabels): string[] {
  const agent = AGENTS[target];
  return [
    ...contracts.map(({ contract, level }) => `${contract}: ${showLevel(terminal, level)}`),
    ...(expected.length > 0 ? [`${agent} is expected to say, and overwrites (${expected.length}):`] : []),
    ...grouped(expected).flatMap(([prefix, rest]) =>
      wrap(`${prefix}: ${rest.join(' ')}`, Math.min(terminal.width, WIDEST) - 2).map((line) => `  ${line}`),
    ),
    ...(unknown.length > 0 ? [`${agent} says besides what no surface tells:`] : []),
    ...unknown.map(({ key, why }) => `  ${key}*  ${terminal.style('dim', why)}`),
  ];
}

/** By prefix, with what follows it; a value that says no more than that the label is there is left out. */
function grouped(labels: readonly HostLabel[]): [prefix: string, rest: string[]][] {
  const groups = new Map<string, string[]>();
  for (const { key, value } of labels) {
    const end = key.includes('/') ? key.indexOf('/') + 1 : 'HW_CPU_X86_'.length;
    const text = `${key.slice(end)}${value === null || value === 'true' ? '' : `=${value}`}`;
    const known = groups.get(key.slice(0, end));
    if (known === undefined) groups.set(key.slice(0, end), [text]);
    else known.push(text);
  }
  return [...groups];
}
