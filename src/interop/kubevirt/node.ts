/**
 * What KubeVirt's node-labeller will say of a host, as far as its surface tells. Pure. It asks libvirt, which asks QEMU,
 * which asks KVM: features that QEMU makes up without KVM, or leaves out because KVM's are not migratable, are not told
 * apart here.
 */
import { QEMU_NAMES } from '../../arch/x86/tables/qemu-names.ts';
import { measure } from '../../arch/index.ts';
import { readSection } from '../../arch/x86/measure/reading.ts';
import { msrWord } from '../../arch/x86/msr-names.ts';
import type { HostLabel, MeasuredSurface, Surface } from '../../model/index.ts';
import { HYPERV_LABELS } from './hyperv.ts';
import type { HypervLabel } from './hyperv.ts';
import { LABEL_PREFIXES } from './prefixes.ts';

export interface NodeLabels {
  readonly expected: readonly HostLabel[];
  readonly unknown: readonly { readonly key: string; readonly why: string }[];
}

export function nodeLabels(surface: Surface): NodeLabels {
  const measured = measure(surface);
  const prefixes = LABEL_PREFIXES.filter(({ arm64 }) => measured.architecture === 'x86_64' || arm64 === true);
  const untoldOnes = prefixes.flatMap(({ prefix: key, untold: why }) => (why === null ? [] : [{ key, why }]));
  if (measured.architecture === 'arm64') return { expected: [], unknown: untoldOnes };
  const parts = [
    featureLabels(measured),
    hypervLabels(surface, measured),
    timerLabels(measured),
    vendorLabel(measured),
  ];
  return {
    expected: parts.flatMap(({ expected }) => expected),
    unknown: [...parts.flatMap(({ unknown }) => unknown), ...untoldOnes],
  };
}

/** libvirt's names of what KVM shows: a feature of several bits counts where all are there. */
function featureLabels({ words, areas }: MeasuredSurface): NodeLabels {
  const key = 'cpu-feature.node.kubevirt.io/';
  if (areas.get('cpuid')?.measured !== true) return untold(key, 'CPUID was not measured');
  const shown = new Map<string, boolean>();
  for (const { word, bit, libvirt } of QEMU_NAMES) {
    if (libvirt === null) continue;
    const value = words.get(word)?.value ?? 0n;
    shown.set(libvirt, (shown.get(libvirt) ?? true) && (value >> BigInt(bit)) % 2n === 1n);
  }
  const names = [...shown].flatMap(([name, there]) => (there ? [name] : [])).sort();
  return {
    expected: names.map((name) => ({ key: `${key}${name}`, value: 'true', why: 'KVM shows it' })),
    unknown: [],
  };
}

function hypervLabels(surface: Surface, { words, areas }: MeasuredSurface): NodeLabels {
  const key = 'hyperv.node.kubevirt.io/';
  // The list as KVM gives it: some of these MSRs can only be written, and are no words.
  const listed = readSection(surface, 'msr');
  if (areas.get('capability')?.measured !== true || listed.kind !== 'measured') {
    return untold(key, 'capabilities or MSRs were not measured');
  }
  const indices = new Set(listed.data.list.map(({ index }) => Number(index)));
  const has = ({ extension, msr }: HypervLabel): boolean =>
    extension === undefined
      ? msr !== undefined && indices.has(msr)
      : (words.get(`capability/${extension}`)?.value ?? 0n) > 0n;
  return {
    expected: HYPERV_LABELS.filter(has).map((row) => ({
      key: `${key}${row.name}`,
      value: 'true',
      why: row.extension ?? msrWord(row.msr ?? 0).replace(/^msr\//, ''),
    })),
    unknown: [],
  };
}

/** libvirt asks KVM for the frequency where the CPU's TSC is invariant (cpu_x86.c, virCPUx86GetHost; virHostCPUGetTscInfo). */
function timerLabels({ words }: MeasuredSurface): NodeLabels {
  const key = 'cpu-timer.node.kubevirt.io/';
  const khz = words.get('tsc/khz')?.value ?? null;
  const scaling = words.get('tsc/control')?.value ?? null;
  const power = words.get('cpuid/0x80000007:0/edx')?.value ?? null;
  if (power !== null && (power >> 8n) % 2n === 0n) return { expected: [], unknown: [] };
  if (khz === null || scaling === null || power === null) return untold(key, 'the TSC was not measured');
  const [frequency, scalable] = [String(khz * 1000n), String(scaling > 0n)];
  return {
    expected: [
      { key: `${key}tsc-frequency`, value: frequency, why: 'KVM_GET_TSC_KHZ; it varies a little from boot to boot' },
      { key: `${key}tsc-scalable`, value: scalable, why: 'KVM_CAP_TSC_CONTROL' },
    ],
    unknown: [],
  };
}

/** libvirt's names of vendors: cpu_map/x86_vendors.xml. EBX of leaf 0 tells them apart. */
const VENDORS: ReadonlyMap<bigint, string> = new Map([
  [0x756e_6547n, 'Intel'],
  [0x6874_7541n, 'AMD'],
  [0x6f67_7948n, 'Hygon'],
]);

function vendorLabel({ words }: MeasuredSurface): NodeLabels {
  const key = 'cpu-vendor.node.kubevirt.io/';
  const vendor = VENDORS.get(words.get('cpuid/0x0:0/ebx')?.value ?? 0n);
  if (vendor === undefined) return untold(key, 'libvirt has no name for this vendor, or CPUID was not measured');
  return { expected: [{ key: `${key}${vendor}`, value: 'true', why: 'the vendor of CPUID leaf 0' }], unknown: [] };
}

function untold(key: string, why: string): NodeLabels {
  return { expected: [], unknown: [{ key, why }] };
}
