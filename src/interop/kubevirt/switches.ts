/**
 * What of libvirt's `<features>` a VirtualMachine can say: below spec.template.spec.domain.features, as KubeVirt's API
 * spells it (staging/src/kubevirt.io/api/core/v1/schema.go: Features, FeatureHyperv).
 */

/** From `<outer><inner>` of libvirt's XML to a path of KubeVirt's that takes true or false. */
export const FEATURE_PATHS: Readonly<Record<string, readonly string[]>> = {
  pvspinlock: ['pvspinlock', 'enabled'],
  'kvm/hidden': ['kvm', 'hidden'],
  'hyperv/relaxed': ['hyperv', 'relaxed', 'enabled'],
  'hyperv/vapic': ['hyperv', 'vapic', 'enabled'],
  'hyperv/vpindex': ['hyperv', 'vpindex', 'enabled'],
  'hyperv/runtime': ['hyperv', 'runtime', 'enabled'],
  'hyperv/synic': ['hyperv', 'synic', 'enabled'],
  'hyperv/stimer': ['hyperv', 'synictimer', 'enabled'],
  'hyperv/stimer/direct': ['hyperv', 'synictimer', 'direct', 'enabled'],
  'hyperv/reset': ['hyperv', 'reset', 'enabled'],
  'hyperv/frequencies': ['hyperv', 'frequencies', 'enabled'],
  'hyperv/reenlightenment': ['hyperv', 'reenlightenment', 'enabled'],
  'hyperv/tlbflush': ['hyperv', 'tlbflush', 'enabled'],
  'hyperv/ipi': ['hyperv', 'ipi', 'enabled'],
  'hyperv/evmcs': ['hyperv', 'evmcs', 'enabled'],
};
