/**
 * A contract in libvirt's names without its XML, for programs that have fields of their own for model and features and hand
 * them to libvirt: KubeVirt, nova.
 */
import { err, ok } from '../../model/index.ts';
import type { Contract, ExportOutcome, Registry, Result } from '../../model/index.ts';
import type { PromisedField } from '../export.ts';
import { exportArm } from './arm-export.ts';
import { readArmMap, readX86Map } from './cpu-map.ts';
import type { CpuMapError } from './cpu-map.ts';
import type { PolicyFeature } from './x86-describe.ts';
import { describeX86 } from './x86-export.ts';
import type { LibvirtOptions } from './x86-export.ts';
import type { Switches } from './x86-write-switches.ts';

export interface Described {
  /** Null on arm64, where a guest of KVM has the host's own CPU. */
  readonly model: string | null;
  readonly features: readonly PolicyFeature[];
  /** libvirt's name of the promised vendor. */
  readonly vendor: string | null;
  /** `<maxphysaddr>`. */
  readonly physicalBits: bigint | null;
  /** Performance counters; null where they are not asked for. */
  readonly pmu: boolean | null;
  /** What `<features>` and `<clock>` say; null on arm64. */
  readonly switches: Switches | null;
  /** The CPU map that the names are from. */
  readonly directory: string;
  /** In the words of libvirt's XML. */
  readonly outcome: (promised: PromisedField) => ExportOutcome;
}

/** The error as of `exportLibvirt`. */
export function describeContract(
  registry: Registry,
  contract: Contract,
  options: LibvirtOptions & { readonly map?: string | undefined } = {},
): Result<Described, CpuMapError | { readonly message: string; readonly advice: null }> {
  if (contract.architecture === 'arm64') return describeArm(registry, contract, options.map);
  const map = readX86Map(options.map);
  if (!map.ok) return map;
  const described = describeX86(registry, contract, map.value, options);
  if (!described.ok) return err({ message: described.error, advice: null });
  const { description, made, outcome } = described.value;
  return ok({
    model: description.model.name,
    features: description.features,
    vendor: made.vendor,
    physicalBits: made.physicalBits,
    pmu: made.switches.pmu ? true : null,
    switches: made.switches,
    directory: map.value.directory,
    outcome,
  });
}

function describeArm(
  registry: Registry,
  contract: Contract,
  directory: string | undefined,
): Result<Described, CpuMapError> {
  const map = readArmMap(directory);
  if (!map.ok) return map;
  const counters = contract.promises.find(({ word }) => word === 'vcpu/PMU_V3');
  const { set, inherent, cannot } = exportArm(registry, contract, map.value);
  const outcomes = new Map<string, ExportOutcome>([
    ...set.map(({ element, by }): [string, ExportOutcome] => [element, { how: 'set', by }]),
    ...inherent.map(({ element, why }): [string, ExportOutcome] => [element, { how: 'inherent', why }]),
    ...cannot.map(({ element, why }): [string, ExportOutcome] => [element, { how: 'cannot', why }]),
  ]);
  const features = new Map(set.flatMap(({ by }) => featuresIn(by)).map((feature) => [feature.name, feature]));
  return ok({
    model: null,
    features: [...features.values()],
    vendor: null,
    physicalBits: null,
    pmu: counters === undefined ? null : counters.value === 1n,
    switches: null,
    directory: map.value.directory,
    outcome: ({ element }) => {
      const found = outcomes.get(element);
      if (found === undefined) throw new Error(`${element} is no element of the contract`);
      return found;
    },
  });
}

/** The `<feature>`s that an outcome's text names; an element of several bits may have several. */
export function featuresIn(by: string): PolicyFeature[] {
  return [...by.matchAll(/<feature policy='(require|disable)' name='([^']+)'\/>/g)].map(([, policy, name = '']) => ({
    name,
    policy: policy === 'disable' ? 'disable' : 'require',
  }));
}
