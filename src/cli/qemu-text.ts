/** A VMM surface for people: what it is, its machine types by family, which CPU models run here. */
import { cpuProperties } from '../model/index.ts';
import type { CpuModel, MachineType, VmmSurface } from '../model/index.ts';
import { describeCpu } from './describe.ts';
import { table } from './table.ts';
import type { Terminal } from './terminal.ts';

export function vmmSurfaceText(terminal: Terminal, surface: VmmSurface): string {
  return [
    table([{ title: '' }, { title: '', flexible: true }], facts(surface), { width: terminal.width, bare: true }),
    '\n',
    table(MACHINE_COLUMNS, families(surface), { width: terminal.width }),
    '\n',
    table(MODEL_COLUMNS, models(surface), { width: terminal.width }),
  ].join('');
}

function facts(surface: VmmSurface): string[][] {
  const { vmm, accelerator, host, recorded, machines, cpu, vmstate, fingerprint } = surface;
  const told = Object.values(machines).filter(({ compat }) => compat !== null).length;
  const sections = vmstate.dumps.map((dump) => Object.keys(dump.sections).length);
  const dumped = vmstate.dumps.reduce((sum, dump) => sum + dump.machines.length, 0);
  const failed = Object.keys(vmstate.failed);
  const provenance = Object.entries(recorded.environment).map(([name, value]) => `${name} ${value}`);
  return [
    ['QEMU', vmm.package === '' ? vmm.version : `${vmm.version} (${vmm.package})`],
    ['Guests', surface.architecture],
    ['Accelerator', accelerator],
    ['Host', host === null ? 'nothing of it shows under TCG' : `${host.kernelRelease}, ${describeCpu(host.cpu)}`],
    ['Recorded', [recorded.at ?? 'at an unknown time', `by ${recorded.by}`, ...provenance].join(', ')],
    ['Fingerprint', fingerprint],
    [
      'Machine types',
      `${Object.keys(machines).length}; compat properties ${told === 0 ? 'unknown: QEMU tells them since 9.1' : `of ${told}`}`,
    ],
    ['CPU models', `${Object.keys(cpu.models).length}, asked under machine type ${cpu.machine}`],
    [
      'vmstate',
      `${sections.join(' and ')} sections, ${Object.keys(vmstate.descriptions).length} descriptions; ${sameOfAll(dumped, vmstate.dumps.length)}`,
    ],
    ...(failed.length === 0
      ? []
      : [['Not dumped', failed.map((name) => `${name} (${vmstate.failed[name]})`).join('; ')]]),
  ];
}

function sameOfAll(machines: number, dumps: number): string {
  return dumps === 1
    ? `the same of all ${machines} machine types`
    : `${dumps} different dumps of ${machines} machine types`;
}

const MACHINE_COLUMNS = [
  { title: 'MACHINE TYPE' },
  { title: 'ALIAS' },
  { title: 'CPUS', align: 'right' as const },
  { title: 'DEFAULT CPU' },
  { title: 'VERSIONS, (DEPRECATED), DEFAULT*', flexible: true },
];

/** Versions of one family in a row, the newest of which speaks for it; boards, which have none, together. */
function families({ machines }: VmmSurface): string[][] {
  const byFamily = Map.groupBy(Object.entries(machines), ([name]) => VERSIONED.exec(name)?.[1] ?? '');
  const others = byFamily.get('') ?? [];
  byFamily.delete('');
  const rows = [...byFamily].flatMap(([family, versions]) => {
    const newest = versions.at(-1)?.[1];
    if (newest === undefined) return [];
    const alias = versions.map(([, { alias: other }]) => other).find((other) => other !== null) ?? '';
    const named = versions.map(([name, machine]) => versionText(name.slice(family.length + 1), machine));
    return [[family, alias, String(newest.maximumCpus), newest.defaultCpu ?? '', named.join(' ')]];
  });
  if (others.length === 0) return rows;
  return [
    ...rows,
    [`${others.length} others`, '', '', '', others.map(([name, row]) => versionText(name, row)).join(' ')],
  ];
}

/** `pc-q35-7.2`, `pc-q35-4.0.1`, `pc-q35-rhel9.4.0`. */
const VERSIONED = /^(.*)-[a-z]*\d+(?:\.\d+)+$/;

/** Deprecated ones in brackets, what a guest gets that asks for none with a star. */
function versionText(version: string, { deprecated, default: isDefault }: MachineType): string {
  const marked = isDefault ? `${version}*` : version;
  return deprecated === true ? `(${marked})` : marked;
}

const MODEL_COLUMNS = [
  { title: 'CPU MODEL' },
  { title: 'ALIAS' },
  { title: 'USABLE' },
  { title: 'PROPERTIES', align: 'right' as const },
  { title: 'LACKS HERE', flexible: true },
];

function models(surface: VmmSurface): string[][] {
  const aliases = Map.groupBy(Object.entries(surface.cpu.models), ([, { alias }]) => alias ?? '');
  return Object.entries(surface.cpu.models)
    .filter(([, { alias }]) => alias === null)
    .map(([name, model]) => [
      name,
      (aliases.get(name) ?? []).map(([alias]) => alias).join(' '),
      usable(model),
      String(cpuProperties(surface, name).length),
      lacks(model),
    ]);
}

/** As libvirt's domain capabilities say it: with all that the model has, or not. */
function usable({ unavailable, expansion }: CpuModel): string {
  if (expansion.outcome === 'refused') return 'no';
  if (unavailable === null) return 'unknown';
  return unavailable.length === 0 ? 'yes' : 'no';
}

function lacks({ unavailable, expansion, deprecated }: CpuModel): string {
  const words = expansion.outcome === 'refused' ? expansion.message : (unavailable ?? []).join(' ');
  return deprecated === true ? `deprecated${words === '' ? '' : `; ${words}`}` : words;
}
