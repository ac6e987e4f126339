/**
 * A contract as part of a VirtualMachine: its CPU, and on which nodes it may run. KubeVirt hands model and features to
 * libvirt as they are (pkg/virt-launcher/virtwrap/converter), and adds a node selector for the model and for each required
 * feature by itself. Pure.
 */
import type { Contract, ExportOutcome, Exported, Registry } from '../../model/index.ts';
import { exported } from '../export.ts';
import type { PromisedField } from '../export.ts';
import { featuresIn } from '../libvirt/described.ts';
import type { Described } from '../libvirt/described.ts';
import { contractKey } from './own.ts';
import { FEATURE_PATHS } from './switches.ts';
import { yamlText } from './yaml.ts';
import type { Yaml } from './yaml.ts';

const VENDOR_LABEL = 'cpu-vendor.node.kubevirt.io/';

export function exportKubevirt(registry: Registry, contract: Contract, described: Described): Exported {
  const { vendor } = described;
  const spec: Yaml = {
    ...(vendor === null ? {} : { nodeSelector: { [`${VENDOR_LABEL}${vendor}`]: 'true' } }),
    affinity: affinity(contract),
    domain: { cpu: cpu(described), ...features(described) },
  };
  return exported(registry, contract, {
    target: 'kubevirt',
    artefact: { text: yamlText({ spec: { template: { spec } } }) },
    notes: [
      ...(described.model === null
        ? []
        : ['KubeVirt runs it on nodes alone whose labels have this model and each required feature']),
      `names are those of the CPU map at ${described.directory}; the libvirt of KubeVirt's images has a map of its own`,
      'nodes need their label first: evenkeel surface labels NODE --kubevirt --contract CONTRACT',
    ],
    outcome: (promised) => outcome(described, promised),
  });
}

/** Nodes on which this contract holds, by Evenkeel's own label. */
function affinity(contract: Contract): Yaml {
  return {
    nodeAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: {
        nodeSelectorTerms: [
          { matchExpressions: [{ key: contractKey(contract), operator: 'In', values: ['same', 'selectable'] }] },
        ],
      },
    },
  };
}

/**
 * On arm64 no features: KubeVirt selects nodes by a label for each that is required, whatever the architecture
 * (renderer of node selectors, CPUFeatureLabelsFromCPUFeatures), and its labeller gives arm64 nodes none of these.
 */
function cpu({ model, features: named }: Described): Yaml {
  if (model === null) return { model: 'host-passthrough' };
  return { model, ...(named.length === 0 ? {} : { features: named.map(({ name, policy }) => ({ name, policy })) }) };
}

/** `<features>` as far as KubeVirt has it. */
function features({ switches }: Described): { readonly features?: Yaml } {
  if (switches === null) return {};
  const root: Tree = new Map();
  const put = (path: string, value: Yaml): void => {
    const names = FEATURE_PATHS[path];
    if (names !== undefined) plant(root, names, value);
  };
  if (switches.hidden) put('kvm/hidden', true);
  for (const { row, on } of [...switches.hyperv, ...switches.kvm]) put(row.path, on);
  if (switches.spinlocks !== null) plant(root, ['hyperv', 'spinlocks', 'spinlocks'], switches.spinlocks);
  if (switches.hypervVendor !== null) plant(root, ['hyperv', 'vendorid', 'vendorid'], switches.hypervVendor);
  return root.size === 0 ? {} : { features: grown(root) };
}

type Tree = Map<string, Tree | Yaml>;

function plant(tree: Tree, [name = '', ...rest]: readonly string[], value: Yaml): void {
  if (rest.length === 0) {
    tree.set(name, value);
    return;
  }
  const known = tree.get(name);
  const branch: Tree = known instanceof Map ? known : new Map();
  tree.set(name, branch);
  plant(branch, rest, value);
}

function grown(tree: Tree): Yaml {
  return Object.fromEntries([...tree].map(([name, value]) => [name, value instanceof Map ? grown(value) : value]));
}

/** libvirt's outcome, as far as KubeVirt has a field for what libvirt's XML says. */
function outcome({ outcome: libvirt, model, vendor }: Described, promised: PromisedField): ExportOutcome {
  const found = libvirt(promised);
  if (found.how !== 'set') return found;
  const { by } = found;
  const said = featuresIn(by);
  if (said.length > 0) {
    if (model === null)
      return { how: 'cannot', why: 'KubeVirt starts a guest that requires a CPU feature on no arm64 node' };
    return { how: 'set', by: `cpu.features: ${said.map(({ name, policy }) => `${name} ${policy}`).join(', ')}` };
  }
  if (by.startsWith('<model>')) return { how: 'set', by: `cpu.model: ${model ?? ''}` };
  if (by.startsWith('<vendor>')) return { how: 'set', by: `nodeSelector: ${VENDOR_LABEL}${vendor ?? ''}` };
  if (by.startsWith("check='full'")) {
    return { how: 'inherent', why: 'the model has none of it; KubeVirt has no field that makes libvirt check that' };
  }
  const path = featurePath(by);
  if (path !== undefined) return { how: 'set', by: `features.${path.join('.')}` };
  return { how: 'cannot', why: 'libvirt could write it, and KubeVirt has no field for it' };
}

/** `<hyperv><vapic state='on'/></hyperv>` is `hyperv/vapic`. */
function featurePath(by: string): readonly string[] | undefined {
  const [, outer = '', inner] = /^<([\w-]+)[^>]*>(?:<([\w-]+))?/.exec(by) ?? [];
  if (outer === 'hyperv' && inner === 'spinlocks') return ['hyperv', 'spinlocks', 'spinlocks'];
  if (outer === 'hyperv' && inner === 'vendor_id') return ['hyperv', 'vendorid', 'vendorid'];
  return FEATURE_PATHS[inner === undefined ? outer : `${outer}/${inner}`];
}
