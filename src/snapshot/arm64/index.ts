/** Save and restore of the complete KVM state of an arm64 machine, but for its memory and, where it has MTE, the tags. */
import type { GuestMachine } from '../../guest/machine.ts';
import type { KvmError } from '../../kvm/index.ts';
import { err, fromHex } from '../../model/index.ts';
import type { Result, SavedState } from '../../model/index.ts';
import type { Host } from '../../settings/index.ts';
import type { RestoreOptions, RestoreReport } from '../restore-report.ts';
import { restoreUnits } from '../restore-units.ts';
import { saveUnits } from '../save-units.ts';
import { saveError } from '../state.ts';
import type { SaveError } from '../state.ts';
import { savePendingTables } from './gic-units.ts';
import { arm64RunsOn } from './runs-on.ts';
import { arm64Units, gicOf } from './units.ts';

/** EOPNOTSUPP (asm-generic/errno.h). */
const EOPNOTSUPP = 95;

/** No vCPU may be running. Writes the tables of LPIs and of the ITS into guest memory, and changes nothing else. */
export function saveArm64State(host: Host, machine: GuestMachine): Result<SavedState, SaveError> {
  if (machine.devices.has('vgic-v2')) return err(saveError('vgic-v2', NO_VGIC_V2));
  const vgic = gicOf(machine.devices.get('vgic-v3'), host.scratch);
  const pending = vgic === null ? null : savePendingTables(vgic);
  if (pending?.ok === false) return err(saveError('vgic-v3/pending-tables', pending.error));
  return saveUnits('arm64', arm64Units(host, machine));
}

const NO_VGIC_V2: KvmError = {
  code: 'ioctl',
  call: 'KVM_GET_DEVICE_ATTR',
  detail: 'vgic-v2',
  errno: EOPNOTSUPP,
  errnoName: 'EOPNOTSUPP',
  meaning: 'Evenkeel does not save a vGICv2: give the guest a vGICv3',
};

/** Guest memory must have been restored before: steal time and the tables of the ITS lie in it. */
export function restoreArm64State(
  host: Host,
  machine: GuestMachine,
  state: SavedState,
  options: RestoreOptions,
): RestoreReport {
  return restoreUnits(arm64Units(host, machine), arm64RunsOn(timerLines(state)), state, options);
}

/** The interrupts that the state's vCPUs have given their timers, as bits. */
function timerLines({ units }: SavedState): bigint {
  const saved = units.find(({ name }) => name === 'vcpu/0/timer-irqs')?.data;
  if (saved?.kind !== 'registers') return 0n;
  return saved.registers.reduce((lines, { value }) => lines | (1n << fromHex(value)), 0n);
}
