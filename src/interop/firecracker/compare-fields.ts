/** The facts about the host in a fingerprint: what changed, which way, and what that can bring. */
import { FINGERPRINT_FIELDS } from '../../model/index.ts';
import type { ChangedField, FingerprintField, Surface } from '../../model/index.ts';

type HostField = ChangedField['field'];

interface FieldRow {
  readonly read: (surface: Surface) => string | null;
  readonly newer: string;
  readonly older: string;
}

const environment =
  (name: string): FieldRow['read'] =>
  ({ recorded }) =>
    recorded.environment[name] ?? null;

const FIRMWARE = 'the firmware decides what of the CPU is turned on, and brings microcode of its own';

const FIELDS: Readonly<Record<HostField, FieldRow>> = {
  firecracker_version: {
    read: environment('firecrackerVersion'),
    newer: 'newer: what it writes over CPUID and what it saves in snapshots may have changed',
    older: 'older: it does not load snapshots of a newer snapshot version',
  },
  kernel_version: {
    read: ({ host }) => host?.kernelRelease ?? null,
    newer: 'newer: KVM may show more; behaviour that no fingerprint holds may have changed with it',
    older: 'older: KVM may lack state that snapshots of the newer one hold, and a restore then fails',
  },
  microcode_version: {
    read: ({ host }) => host?.cpu.microcode ?? null,
    newer: 'newer: instructions may behave otherwise, or be gone, with the same values here',
    older: 'older: mitigations that guests were told of may be missing',
  },
  bios_version: { read: environment('biosVersion'), newer: FIRMWARE, older: FIRMWARE },
  bios_revision: { read: environment('biosRevision'), newer: FIRMWARE, older: FIRMWARE },
};

export function changedFields(prev: Surface, curr: Surface, filters: readonly FingerprintField[]): ChangedField[] {
  return FINGERPRINT_FIELDS.flatMap((field): ChangedField[] => {
    if (field === 'guest_cpu_config' || !filters.includes(field)) return [];
    const { read, newer, older } = FIELDS[field];
    const [before, now] = [read(prev), read(curr)];
    if (before === now) return [];
    if (before === null || now === null) {
      return [{ field, prev: before, curr: now, text: 'only one of the files says what it is' }];
    }
    const order = compareVersions(before, now);
    const text = order < 0 ? newer : order > 0 ? older : 'another build of the same version';
    return [{ field, prev: before, curr: now, text }];
  });
}

/** By the numbers in them, hex where they are written so: 5.10 before 6.1, 0xd0003f5 before 0xd000421. */
export function compareVersions(a: string, b: string): number {
  const numbers = (text: string): bigint[] =>
    /^0x[0-9a-f]+$/i.test(text) ? [BigInt(text)] : (text.match(/[0-9]+/g) ?? []).map(BigInt);
  const [left, right] = [numbers(a), numbers(b)];
  for (let at = 0; at < Math.max(left.length, right.length); at++) {
    const [x, y] = [left[at] ?? -1n, right[at] ?? -1n];
    if (x !== y) return x < y ? -1 : 1;
  }
  return 0;
}
