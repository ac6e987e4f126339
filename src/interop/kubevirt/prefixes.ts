/**
 * Labels that KubeVirt's node-labeller gives a node (pkg/virt-handler/node-labeller/node_labeller.go, prepareLabels; their
 * spelling: staging/src/kubevirt.io/api/core/v1/types.go), read in October 2026. About every three minutes it takes away
 * all that begin with one of `owned` and adds its own: what somebody else sets there does not last, unless the node has the
 * annotation node-labeller.kubevirt.io/skip-node.
 */
export interface LabelPrefix {
  readonly prefix: string;
  /** In the list nodeLabellerLabels, by which labels are taken away. */
  readonly owned: boolean;
  /** Null where a surface tells; else why it does not. */
  readonly untold: string | null;
  /** On arm64 too; the others are of x86_64, for arm64's labeller answers no to all that they need (arm64.go). */
  readonly arm64?: true;
}

export const LABEL_PREFIXES: readonly LabelPrefix[] = [
  { prefix: 'cpu-feature.node.kubevirt.io/', owned: true, untold: null },
  {
    prefix: 'cpu-model.node.kubevirt.io/',
    owned: true,
    untold: 'models that QEMU calls usable: its definitions of them decide, which differ between its versions',
  },
  {
    prefix: 'cpu-model-migration.node.kubevirt.io/',
    owned: true,
    untold: 'the same models, and the one of host-model',
  },
  { prefix: 'cpu-timer.node.kubevirt.io/', owned: true, untold: null },
  { prefix: 'hyperv.node.kubevirt.io/', owned: true, untold: null },
  { prefix: 'cpu-vendor.node.kubevirt.io/', owned: false, untold: null },
  {
    prefix: 'host-model-cpu.node.kubevirt.io/',
    owned: true,
    untold: "libvirt's choice among its models for this CPU (virsh domcapabilities)",
  },
  {
    prefix: 'host-model-required-features.node.kubevirt.io/',
    owned: true,
    untold: 'what libvirt adds to that model',
  },
  {
    prefix: 'node-labeller.kubevirt.io/obsolete-host-model',
    owned: true,
    untold: "that model, and KubeVirt's list of models that are not to be used",
  },
  { prefix: 'machine-type.node.kubevirt.io/', owned: true, untold: 'machine types of its QEMU', arm64: true },
  {
    prefix: 'kubevirt.io/realtime',
    owned: true,
    untold: 'a sysctl of the host: kernel.sched_rt_runtime_us',
    arm64: true,
  },
  { prefix: 'kubevirt.io/sev', owned: true, untold: 'encrypted guests, which Evenkeel does not measure' },
];
