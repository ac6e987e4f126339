/**
 * A contract as OpenStack takes it: options of nova.conf, which give the CPU, and extra specs of a flavor, which find a
 * host. Nova takes the first of `cpu_models` that has the traits that a flavor requires, and adds the extra flags
 * (nova's admin guide, "CPU models"). Pure.
 */
import { QEMU_NAMES } from '../../arch/x86/tables/qemu-names.ts';
import type { Contract, ExportOutcome, Exported, Registry } from '../../model/index.ts';
import { exported } from '../export.ts';
import type { PromisedField } from '../export.ts';
import { featuresIn } from '../libvirt/described.ts';
import type { Described } from '../libvirt/described.ts';
import { contractTrait } from './host.ts';
import { TRAITS } from './traits.ts';

export function exportOpenstack(registry: Registry, contract: Contract, described: Described): Exported {
  const specs = extraSpecs(contract, described);
  const text = [
    '# nova.conf of the hosts that are to run such guests',
    '[libvirt]',
    ...novaOptions(described),
    '',
    '# extra specs of their flavor: openstack flavor set FLAVOR --property …',
    ...specs.map((spec) => `# ${spec}`),
    '',
  ];
  return exported(registry, contract, {
    target: 'openstack',
    artefact: { text: text.join('\n'), arguments: specs.flatMap((spec) => ['--property', spec]) },
    notes: [
      `names are those of the CPU map at ${described.directory}`,
      'nova.conf counts for all guests of a host; hosts need their trait first: evenkeel surface labels HOST --openstack --contract CONTRACT',
      ...unreported(contract),
    ],
    outcome: (promised) => outcome(described, promised),
  });
}

function novaOptions({ model, features }: Described): string[] {
  // Nova has no word for `optional`, of which nothing is promised.
  const flags = features.filter(({ policy }) => policy !== 'optional').map(flagText);
  return [
    ...(model === null ? ['cpu_mode = host-passthrough'] : ['cpu_mode = custom', `cpu_models = ${model}`]),
    ...(flags.length === 0 ? [] : [`cpu_model_extra_flags = ${flags.join(', ')}`]),
  ];
}

function flagText({ name, policy }: Described['features'][number]): string {
  return `${policy === 'require' ? '+' : '-'}${name}`;
}

/** `hw:maxphysaddr_*` since nova 2024.1. */
function extraSpecs(contract: Contract, { physicalBits, pmu, switches }: Described): string[] {
  const has = promisedFeatures(contract);
  return [
    `trait:${contractTrait(contract)}=required`,
    ...TRAITS.filter(({ reported, features }) => reported && features.every((name) => has.has(name))).map(
      ({ trait }) => `trait:${trait}=required`,
    ),
    ...(physicalBits === null ? [] : ['hw:maxphysaddr_mode=emulate', `hw:maxphysaddr_bits=${physicalBits}`]),
    ...(pmu === null ? [] : [`hw:pmu=${pmu}`]),
    ...(switches?.hidden === true ? ['hw:hide_hypervisor_id=true'] : []),
  ];
}

/** Standard traits that would fit and find no host. */
function unreported(contract: Contract): string[] {
  const has = promisedFeatures(contract);
  const names = TRAITS.filter(
    ({ reported, features }) => !reported && features.length > 0 && features.every((name) => has.has(name)),
  ).map(({ trait, note }) => (note === undefined ? trait : `${trait} (${note})`));
  return names.length === 0 ? [] : [`not required, because nova reports them of no host: ${names.join(', ')}`];
}

/** libvirt's names of features of which every bit is promised to be 1. */
function promisedFeatures({ promises }: Contract): ReadonlySet<string> {
  const ones = new Map(promises.map(({ word, value, mask }) => [word, value & mask]));
  const found = new Map<string, boolean>();
  for (const { word, bit, libvirt } of QEMU_NAMES) {
    if (libvirt === null) continue;
    found.set(libvirt, (found.get(libvirt) ?? true) && ((ones.get(word) ?? 0n) >> BigInt(bit)) % 2n === 1n);
  }
  return new Set([...found].flatMap(([name, all]) => (all ? [name] : [])));
}

/** libvirt's outcome, as far as nova has an option for what libvirt's XML says. */
function outcome({ outcome: libvirt, model, physicalBits, pmu }: Described, promised: PromisedField): ExportOutcome {
  const found = libvirt(promised);
  if (found.how !== 'set') return found;
  const { by } = found;
  const said = featuresIn(by);
  if (said.length > 0) return { how: 'set', by: `cpu_model_extra_flags: ${said.map(flagText).join(', ')}` };
  if (by.startsWith('<model>')) return { how: 'set', by: `cpu_models: ${model ?? ''}` };
  if (by.startsWith('<vendor>')) {
    return { how: 'inherent', why: "KVM guests of QEMU's models have the vendor of the host, and the trait finds one" };
  }
  if (by.startsWith('<maxphysaddr')) return { how: 'set', by: `hw:maxphysaddr_bits=${physicalBits ?? ''}` };
  if (by.startsWith('<pmu')) return { how: 'set', by: `hw:pmu=${pmu ?? ''}` };
  if (by.startsWith('<kvm><hidden')) return { how: 'set', by: 'hw:hide_hypervisor_id=true' };
  if (by.startsWith("check='full'")) {
    return { how: 'inherent', why: 'the model has none of it; nova has no option that makes libvirt check that' };
  }
  return { how: 'cannot', why: 'libvirt could write it, and nova has no option for it' };
}
