/** Hosts and contracts in the spelling of KubeVirt and of Kubernetes' scheduler. */
export { isLabelKey, isLabelValue } from './label.ts';
export { HYPERV_LABELS } from './hyperv.ts';
export { nodeLabels } from './node.ts';
export { contractKey, ownLabels } from './own.ts';
export { LABEL_PREFIXES } from './prefixes.ts';
