/** The table of one KVM_SET_CPUID2: what the host gives by default, without what the contract does not have, with what it has. */
import { operationFor } from '../../arch/index.ts';
import { fieldMask, hex } from '../../model/index.ts';
import type { Contract, MeasuredSurface, Operation, PlanCpuidEntry, Registry } from '../../model/index.ts';
import { isPromised } from '../addition-units.ts';
import type { Wanted } from './wanted.ts';

/** KVM_CPUID_FLAG_SIGNIFCANT_INDEX. */
const SIGNIFICANT = 1;
/** Leaves whose subleaves differ (cpuid_function_is_indexed, arch/x86/kvm/cpuid.c, Linux 7.2). */
const INDEXED: ReadonlySet<number> = new Set([
  0x4, 0x7, 0xb, 0xd, 0xf, 0x10, 0x12, 0x14, 0x17, 0x18, 0x1d, 0x1e, 0x1f, 0x24, 0x8000_001d,
]);
/** Hyper-V's leaves stand where KVM's do otherwise; KVM's then begin 0x100 later (kvm_get_hypervisor_cpuid). */
const HYPERVISOR = 0x4000_0000;
const HYPERVISOR_END = 0x4000_00ff;
const KVM_BEHIND = 0x100;

const REGISTERS = ['eax', 'ebx', 'ecx', 'edx'] as const;
type Entry = { -readonly [Key in 'function' | 'index']: number } & Record<(typeof REGISTERS)[number], bigint>;
type Cpuid = Extract<Operation, { call: 'KVM_SET_CPUID2' }>;

export function cpuidTable(
  registry: Registry,
  contract: Contract,
  surface: MeasuredSurface,
  all: readonly Wanted[],
): PlanCpuidEntry[] {
  const promised = new Map(all.map((wanted) => [wanted.path, wanted]));
  const hyperv = hasHyperv(all);
  const table = new Map<string, Entry>();
  const put = (path: string, operation: Cpuid, value: bigint): void => {
    const leaf = path.startsWith('cpuid/') ? placed(operation.leaf, hyperv) : operation.leaf;
    const key = `${leaf}:${operation.subleaf}`;
    const entry = table.get(key) ?? { function: leaf, index: operation.subleaf, eax: 0n, ebx: 0n, ecx: 0n, edx: 0n };
    entry[operation.register] = value;
    table.set(key, entry);
  };
  for (const word of surface.words.values()) {
    if (word.mechanism?.operation.call !== 'KVM_SET_CPUID2' || !word.path.startsWith('cpuid/')) continue;
    const shows = word.value ?? 0n;
    put(
      word.path,
      word.mechanism.operation,
      promised.get(word.path)?.whole ?? shows & ~promisable(registry, word.path),
    );
  }
  for (const { path, whole } of all) {
    if (surface.words.has(path) && path.startsWith('cpuid/')) continue;
    const operation = operationFor(contract.architecture, path);
    if (operation?.call === 'KVM_SET_CPUID2' && (whole !== 0n || path.startsWith('cpuid/')))
      put(path, operation, whole);
  }
  return [...table.values()]
    .filter((entry) => REGISTERS.some((register) => entry[register] !== 0n) || isNamed(entry, promised))
    .sort((a, b) => a.function - b.function || a.index - b.index)
    .map((entry) => ({
      function: entry.function,
      index: entry.index,
      flags: INDEXED.has(entry.function) ? SIGNIFICANT : 0,
      eax: hex(entry.eax),
      ebx: hex(entry.ebx),
      ecx: hex(entry.ecx),
      edx: hex(entry.edx),
    }));
}

/** True where the guest is given Hyper-V's interface. */
export function hasHyperv(all: readonly Wanted[]): boolean {
  return all.some(({ path, whole }) => path.startsWith('hyperv/') && whole !== 0n);
}

/** Where a leaf stands in the table. */
export function placed(leaf: number, hyperv: boolean): number {
  return hyperv && leaf >= HYPERVISOR && leaf <= HYPERVISOR_END ? leaf + KVM_BEHIND : leaf;
}

/** What a contract that does not have the word promised as zeros. */
function promisable(registry: Registry, path: string): bigint {
  return registry
    .elements(path, 32)
    .filter(isPromised)
    .reduce((mask, element) => mask | fieldMask(element), 0n);
}

/** A leaf of zeros that the contract names is kept, so that the table is the one that it was pinned from. */
function isNamed({ function: leaf, index }: Entry, promised: ReadonlyMap<string, Wanted>): boolean {
  const prefix = `cpuid/${hex(leaf)}:${index.toString(16)}/`;
  return REGISTERS.some((register) => promised.has(prefix + register));
}
