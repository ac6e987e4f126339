/**
 * `hyperv.node.kubevirt.io/NAME`: KubeVirt's node-labeller asks KVM for an extension, else whether an MSR is in
 * KVM_GET_MSR_INDEX_LIST; where a row has both, the extension decides (kvm-caps-info-plugin_amd64.go, CapsDesc and
 * exposeCapabilities). The MSRs are named in the kernel's hyperv-tlfs.h.
 */
export interface HypervLabel {
  readonly name: string;
  /** Asked of /dev/kvm. */
  readonly extension?: string;
  readonly msr?: number;
}

export const HYPERV_LABELS: readonly HypervLabel[] = [
  { name: 'base', extension: 'KVM_CAP_HYPERV' },
  { name: 'time', extension: 'KVM_CAP_HYPERV_TIME' },
  { name: 'vpindex', extension: 'KVM_CAP_HYPERV_VP_INDEX' },
  { name: 'tlbflush', extension: 'KVM_CAP_HYPERV_TLBFLUSH' },
  { name: 'ipi', extension: 'KVM_CAP_HYPERV_SEND_IPI' },
  { name: 'synic', extension: 'KVM_CAP_HYPERV_SYNIC' },
  { name: 'synic2', extension: 'KVM_CAP_HYPERV_SYNIC2' },
  { name: 'frequencies', msr: 0x4000_0022 },
  { name: 'reset', msr: 0x4000_0003 },
  { name: 'runtime', msr: 0x4000_0010 },
  { name: 'synictimer', msr: 0x4000_00b0 },
  { name: 'reenlightenment', msr: 0x4000_0106 },
];
