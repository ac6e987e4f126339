/** Brings the witness into memory and its vCPUs to the beginning. */
import { KVM_SET_MP_STATE } from '../../../kvm/index.ts';
import type { KvmError } from '../../../kvm/index.ts';
import { ok } from '../../../model/index.ts';
import type { Result } from '../../../model/index.ts';
import type { GuestMachine } from '../../machine.ts';
import type { GuestMemory } from '../../memory.ts';
import type { WitnessTable } from '../../witness.ts';
import { writeGdt, writeIdt, writePageTables, writeTss } from '../descriptors.ts';
import { longModeHandlers } from '../handlers.ts';
import { BLOCK, HANDLERS, HEADER, vcpuBlock } from '../layout.ts';
import type { GuestOperation } from '../operation.ts';
import { INITIAL_FLAGS, startVcpu } from '../start.ts';
import { MARK, areaAddress } from './layout.ts';
import { witnessProgram } from './program.ts';
import type { WitnessProgram } from './program.ts';
import { legacyImage } from './vectors.ts';

/** The unit of memory slots that both architectures use. */
const UNIT = 0x1_0000;
/** KVM_MP_STATE_RUNNABLE: with the interrupt controller in the kernel all vCPUs but the first wait for an INIT. */
const RUNNABLE = 0;

/** The memory that a witness needs: with all default reads some 700 KiB for two vCPUs. */
export function witnessMemory(
  table: WitnessTable<GuestOperation>,
  vcpus: number,
): { readonly base: bigint; readonly length: number } {
  const { layout, code } = witnessProgram(table, places(vcpus));
  return { base: 0n, length: Math.ceil((layout.code + code.length) / UNIT) * UNIT };
}

const places = (vcpus: number): number[] => Array.from({ length: vcpus }, (_, id) => id);

/**
 * Into zeroed memory at guest-physical 0. The machine has its interrupt controllers in the kernel, and APIC ids that are
 * the vCPUs' numbers. Nothing has run on it yet; setup operations are made when it does.
 */
export function loadWitness(
  _: unknown,
  machine: GuestMachine,
  memory: GuestMemory,
  table: WitnessTable<GuestOperation>,
): Result<undefined, KvmError> {
  const program = witnessProgram(
    table,
    machine.vcpus.map(({ id }) => id),
  );
  writeProgram(memory, program);
  for (const [vcpu, { fd }] of machine.vcpus.entries()) {
    const entry = program.entries[vcpu] ?? 0;
    const started = startVcpu(fd, {
      mode: 'long',
      vcpu,
      vcpus: machine.vcpus.length,
      entry,
      codeBase: program.layout.code,
    });
    if (!started.ok) return started;
    if (vcpu === 0) continue;
    const runnable = fd.struct(KVM_SET_MP_STATE, { mp_state: RUNNABLE }, 'runnable');
    if (!runnable.ok) return runnable;
  }
  return ok(undefined);
}

/** All that is in memory when the witness begins. */
export function writeProgram({ bytes, view }: Pick<GuestMemory, 'bytes' | 'view'>, program: WitnessProgram): void {
  const { layout, entries } = program;
  view.setBigUint64(HEADER, MARK, true);
  view.setBigUint64(HEADER + 8, BigInt(layout.description), true);
  view.setBigUint64(HEADER + 16, BigInt(program.description.length), true);
  bytes.set(program.description, layout.description);
  bytes.set(program.masks, layout.masks);
  bytes.set(program.code, layout.code);
  bytes.set(longModeHandlers().bytes, HANDLERS);
  writePageTables(bytes);
  writeGdt(view, entries.length);
  writeIdt(bytes);
  const { image, mask } = legacyImage();
  entries.forEach((_, vcpu) => {
    writeTss(view, vcpu);
    view.setBigUint64(vcpuBlock(vcpu) + BLOCK.flags, INITIAL_FLAGS, true);
    bytes.set(image, areaAddress(layout, vcpu) + layout.area.image);
    bytes.set(mask, areaAddress(layout, vcpu) + layout.area.mask);
  });
}
