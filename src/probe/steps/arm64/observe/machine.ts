/**
 * A machine that a guest runs on: one vCPU, a vGICv3 with its frames where QEMU's virt machine has them, an ITS, and an
 * initialized PMU. Settings of behaviour tests are made on the way, each at its place in the order.
 */
import { GIC_GROUP } from '../../../../arch/arm64/vgic.ts';
import { SETTING } from '../../../../arch/arm64/tables/behaviours.ts';
import type { SettingName } from '../../../../arch/arm64/tables/behaviours.ts';
import { applicationsOf, FRAME } from '../../../../guest/arm64/behaviour/index.ts';
import type { Application } from '../../../../guest/arm64/behaviour/index.ts';
import { runTable, TABLE_MEMORY } from '../../../../guest/arm64/index.ts';
import type { GuestOperation, TableResult } from '../../../../guest/arm64/index.ts';
import { openRuns } from '../../../../guest/machine.ts';
import { openMemory } from '../../../../guest/memory.ts';
import { setAttribute } from '../../../../kvm/index.ts';
import type { Device, KvmError, Vcpu, Vm } from '../../../../kvm/index.ts';
import { ok } from '../../../../model/index.ts';
import type { PlanDevice, Result } from '../../../../model/index.ts';
import type { StepContext } from '../../../step.ts';
import { createMachine, DEVICE_TYPE, everyFeature, FEATURE_BITS, isDevice, missingCapability } from '../vcpu.ts';
import type { Feature, Machine } from '../vcpu.ts';
import { hostPmus } from '../vcpu-attributes.ts';

export interface ObservedMachine extends Disposable {
  readonly run: (operations: readonly GuestOperation[]) => TableResult;
  /** Which interrupt controllers were made: `v3+its`, `v3`, `none`. */
  readonly gic: string;
  /** Settings that could not be made, with the call and its errno. */
  readonly refused: ReadonlyMap<SettingName, string>;
}

/** KVM_ARM_VCPU_PMU_V3_CTRL: its attributes IRQ, INIT and SET_PMU; the overflow interrupt's PPI, as Arm's BSA assigns it. */
const PMU = 0;
const PMU_IRQ = 0n;
const PMU_INIT = 1n;
const SET_PMU = 3n;
const PMU_PPI = 23n;
/** KVM_DEV_ARM_VGIC_CTRL_INIT; KVM_VGIC_V3_ADDR_TYPE_DIST and _REDIST; KVM_VGIC_ITS_ADDR_TYPE. */
const INIT = 0n;
const [DISTRIBUTOR, REDISTRIBUTOR, ITS] = [2n, 3n, 4n];
/** Milliseconds; a table takes some ten on an emulated host. */
const DEADLINE = 5000;

export function openObserved(
  context: StepContext,
  settings: readonly SettingName[] = [],
): Result<ObservedMachine, KvmError> {
  const { kvm, libc, scratch } = context;
  const refused = new Map<SettingName, string>();
  const all = settings.flatMap((setting) =>
    applicationsOf(SETTING[setting]).map((application) => ({ setting, application })),
  );
  const apply = <At extends Application['at']>(
    at: At,
    make: (application: Extract<Application, { readonly at: At }>) => Result<unknown, KvmError>,
  ): void => {
    for (const { setting, application } of all) {
      if (application.at !== at || refused.has(setting)) continue;
      // Narrowed by `at`, which the compiler does not follow through the type parameter.
      const done = make(application as Extract<Application, { readonly at: At }>);
      if (!done.ok) refused.set(setting, `${done.error.call}: ${done.error.errnoName}`);
    }
  };
  // Disposed of in reverse: kvm_run pages, then the fds, then the memory of the VM.
  using cleanup = new DisposableStack();
  const mappings = cleanup.use(new DisposableStack());
  let memory: ReturnType<typeof openMemory> | null = null;
  const created = createMachine(kvm, featuresFor(context, all, refused), {
    prepare(vm) {
      apply('vm', ({ make }) => make(vm, scratch));
      memory = openMemory(libc, vm, TABLE_MEMORY, mappings);
      return memory;
    },
  });
  if (!created.ok) return created;
  const machine = cleanup.use(created.value);
  const guestMemory = memoryOf(memory);
  const gic = isDevice(machine.gic) ? machine.gic : null;
  choosePmu(context, machine.vcpu);
  apply('vcpu', ({ make }) => make(machine.vcpu, scratch));
  const devices = new Map<PlanDevice, Device>();
  if (gic !== null) {
    devices.set('vgic-v3', gic);
    const its = openIts(machine.vm, cleanup);
    placeGic(context, gic);
    // Before 6.17 the distributor has no registers until it is initialized; what is then too late is refused again.
    const early = new Set(refused.keys());
    apply('gic', ({ make }) => make(gic, scratch));
    const tooEarly = [...refused.keys()].filter((setting) => !early.has(setting));
    for (const setting of tooEarly) refused.delete(setting);
    setAttribute(gic, scratch, GIC_GROUP.control, INIT, 0n);
    apply('gic', ({ make }) => make(gic, scratch));
    if (its !== null) {
      setAttribute(its, scratch, GIC_GROUP.address, ITS, BigInt(FRAME.its));
      setAttribute(its, scratch, GIC_GROUP.control, INIT, 0n);
      devices.set('its', its);
    }
  }
  preparePmu(context, machine);
  const runs = cleanup.use(new DisposableStack());
  const guest = openRuns(libc, kvm, { vm: machine.vm, vcpus: [{ id: 0, fd: machine.vcpu }], devices }, runs);
  if (!guest.ok) return guest;
  const stack = cleanup.move();
  return ok({
    run: (operations) => runTable({ libc, scratch }, guest.value, guestMemory, operations, { deadline: DEADLINE }),
    gic: devices.has('its') ? 'v3+its' : devices.has('vgic-v3') ? 'v3' : 'none',
    refused,
    [Symbol.dispose]: () => stack.dispose(),
  });
}

type Opened = ReturnType<typeof openMemory>;

/** The VM was made, so that `prepare` has run and succeeded. */
function memoryOf(memory: Opened | null): Extract<Opened, { readonly ok: true }>['value'] {
  if (memory === null || !memory.ok) throw new Error('a VM without the memory that was prepared for it');
  return memory.value;
}

type Applied = { readonly setting: SettingName; readonly application: Application };

/** Every feature of the host, and what settings take away or add. */
function featuresFor({ kvm }: StepContext, all: readonly Applied[], refused: Map<SettingName, string>): Feature[] {
  const features = new Set(everyFeature(kvm));
  for (const { setting, application } of all) {
    if (application.at !== 'feature' || !isFeature(application.feature)) continue;
    const { feature, wanted } = application;
    const missing = missingCapability(kvm, [feature]);
    if (missing !== null) refused.set(setting, `${missing} is 0`);
    else if (wanted) features.add(feature);
    else features.delete(feature);
  }
  return [...features];
}

function isFeature(name: string): name is Feature {
  return Object.hasOwn(FEATURE_BITS, name);
}

function openIts(vm: Vm, cleanup: DisposableStack): Device | null {
  const made = vm.createDevice(DEVICE_TYPE.its);
  return made.ok ? cleanup.use(made.value) : null;
}

function placeGic({ scratch }: StepContext, gic: Device): void {
  setAttribute(gic, scratch, GIC_GROUP.address, DISTRIBUTOR, BigInt(FRAME.distributor));
  setAttribute(gic, scratch, GIC_GROUP.address, REDISTRIBUTOR, BigInt(FRAME.redistributor));
}

/**
 * The physical PMU must be named with PMU_V3_STRICT; without it KVM chooses, and what was chosen is the same. First of all:
 * it sets the number of counters anew (kvm_arm_set_pmu).
 */
function choosePmu({ scratch }: StepContext, vcpu: Vcpu): void {
  const [pmu] = hostPmus();
  if (pmu !== undefined) setAttribute(vcpu, scratch, PMU, SET_PMU, pmu.type);
}

/** A vCPU with a PMU does not run before it has been initialized (pmu-emul.c, kvm_arm_pmu_v3_enable). */
function preparePmu({ scratch }: StepContext, { vcpu, gic }: Machine): void {
  if (isDevice(gic)) setAttribute(vcpu, scratch, PMU, PMU_IRQ, PMU_PPI);
  setAttribute(vcpu, scratch, PMU, PMU_INIT, 0n);
}
