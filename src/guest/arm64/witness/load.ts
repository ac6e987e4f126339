/** Brings the witness into memory and its vCPUs to the beginning. */
import { ok } from '../../../model/index.ts';
import type { Result } from '../../../model/index.ts';
import type { KvmError } from '../../../kvm/index.ts';
import type { GuestMachine } from '../../machine.ts';
import type { GuestMemory } from '../../memory.ts';
import type { WitnessTable } from '../../witness.ts';
import { MEMORY_BASE } from '../address-space.ts';
import type { GuestOperation } from '../operation.ts';
import type { GuestHost } from '../run-table.ts';
import { loadProgram, startVcpu } from '../start.ts';
import { AREA } from './layout.ts';
import { witnessProgram } from './program.ts';
import { readDescription } from './report.ts';

/** The largest page of an arm64 kernel: the unit of memory slots. */
const UNIT = 0x1_0000;

/** The memory that a witness needs: some 300 KiB, and 100 more for each vCPU, of which most stays zeros. */
export function witnessMemory(
  table: WitnessTable<GuestOperation>,
  vcpus: number,
): { readonly base: bigint; readonly length: number } {
  const bytes = witnessProgram(table, vcpus).bytes.length;
  return { base: BigInt(MEMORY_BASE), length: Math.ceil(bytes / UNIT) * UNIT };
}

/**
 * The machine has a vGICv3 where plans put it. Nothing has run on its vCPUs yet; setup operations are made when they do.
 */
export function loadWitness(
  { scratch }: GuestHost,
  machine: GuestMachine,
  memory: GuestMemory,
  table: WitnessTable<GuestOperation>,
): Result<void, KvmError> {
  const program = witnessProgram(table, machine.vcpus.length);
  // Each vCPU takes the stack of its area before it needs one.
  loadProgram(memory, program, 0);
  if (machine.devices.has('its')) useIts(memory);
  for (const vcpu of machine.vcpus) {
    const started = startVcpu(scratch, vcpu, memory, program, 'witness');
    if (!started.ok) return started;
  }
  return ok(undefined);
}

/** Tells every vCPU that there is an ITS. */
export function useIts(memory: GuestMemory): void {
  const description = readDescription(memory);
  if (description === null) throw new Error('the witness was just loaded');
  const { areas, layout, vcpus } = description;
  for (let vcpu = 0; vcpu < vcpus; vcpu++) memory.view.setBigUint64(areas + vcpu * layout.bytes + AREA.its, 1n, true);
}
