/**
 * A raw dump of a CPU as libvirt keeps them (`<cpudata arch='x86'>`, written by its tests/cputestdata/cpu-gather.py):
 * what CPUID and a few RDMSRs answered on the host itself. Read as a surface it tells what the CPU has. What KVM gives a
 * guest of that, filtered and with its own additions, it does not tell, so nothing of a guest counts as measured.
 */
import { canonicalSections } from '../../arch/index.ts';
import { fingerprint } from '../../format/index.ts';
import { SURFACE_FORMAT, err, hex, ok } from '../../model/index.ts';
import type { Hex, Result, Surface } from '../../model/index.ts';
import { cpuOfLeaves } from '../x86-cpu.ts';
import { unsigned } from './numbers.ts';
import { attribute, childrenOf, fault, parseXml } from './xml.ts';
import type { XmlElement, XmlFault } from './xml.ts';

/** True for a document that means to be one; whether it is whole, `readCpuData` says. */
export function isCpuData(root: XmlElement): boolean {
  return root.name === 'cpudata';
}

export function readCpuData(text: string): Result<Surface, XmlFault> {
  const root = parseXml(text);
  return root.ok ? cpuDataSurface(root.value) : root;
}

export function cpuDataSurface(root: XmlElement): Result<Surface, XmlFault> {
  const arch = attribute(root, 'arch');
  if (!arch.ok) return arch;
  if (arch.value !== 'x86') return err(fault(root.line, `arch='${arch.value}': only dumps of x86 CPUs are read`));
  const stranger = root.children.find(({ name }) => name !== 'cpuid' && name !== 'msr');
  if (stranger !== undefined) {
    return err(fault(stranger.line, `<${stranger.name}> is neither a CPUID leaf nor an MSR`));
  }
  const entries = rowsOf(childrenOf(root, 'cpuid'), cpuidRow, ({ leaf, subleaf }) => `leaf ${leaf} subleaf ${subleaf}`);
  if (!entries.ok) return entries;
  if (entries.value.length === 0) return err(fault(root.line, 'the dump holds no CPUID leaf'));
  const list = rowsOf(childrenOf(root, 'msr'), msrRow, ({ index }) => `MSR ${index}`);
  if (!list.ok) return list;
  const sections = {
    'libvirt.cpuid': { outcome: 'measured', data: { entries: entries.value } },
    'libvirt.msrs': { outcome: 'measured', data: { list: list.value } },
  } as const;
  const cpu = cpuOfLeaves((wanted) =>
    entries.value.find(({ leaf, subleaf }) => leaf === hex(wanted) && subleaf === '0x0'),
  );
  return ok({
    format: SURFACE_FORMAT,
    architecture: 'x86_64',
    host: {
      kernelRelease: 'unknown kernel',
      kernelVersion: '',
      cpu: { ...cpu, microcode: null },
      modules: [],
      commandLine: [],
    },
    recorded: {
      at: null,
      by: 'libvirt cpudata',
      method: 'import',
      command: null,
      environment: {},
      milliseconds: null,
      ioctls: null,
    },
    sections,
    fingerprint: fingerprint({ architecture: 'x86_64', sections }, canonicalSections),
  });
}

/** Every element as a row; one that is there twice is a fault. */
function rowsOf<Row>(
  elements: readonly XmlElement[],
  read: (element: XmlElement) => Result<Row, XmlFault>,
  keyOf: (row: Row) => string,
): Result<readonly Row[], XmlFault> {
  const rows = new Map<string, Row>();
  for (const element of elements) {
    const row = read(element);
    if (!row.ok) return row;
    const key = keyOf(row.value);
    if (rows.has(key)) return err(fault(element.line, `${key} is there twice`));
    rows.set(key, row.value);
  }
  return ok([...rows.values()]);
}

/** `subleaf` is 0 also for leaves that have none; the dump does not tell them apart. */
type Leaf = {
  readonly leaf: Hex;
  readonly subleaf: Hex;
  readonly eax: Hex;
  readonly ebx: Hex;
  readonly ecx: Hex;
  readonly edx: Hex;
};

function cpuidRow(element: XmlElement): Result<Leaf, XmlFault> {
  const leaf = unsigned(element, 'eax_in', 32);
  if (!leaf.ok) return leaf;
  const subleaf = unsigned(element, 'ecx_in', 32, 0n);
  if (!subleaf.ok) return subleaf;
  const eax = unsigned(element, 'eax', 32);
  if (!eax.ok) return eax;
  const ebx = unsigned(element, 'ebx', 32);
  if (!ebx.ok) return ebx;
  const ecx = unsigned(element, 'ecx', 32);
  if (!ecx.ok) return ecx;
  const edx = unsigned(element, 'edx', 32);
  if (!edx.ok) return edx;
  return ok({
    leaf: hex(leaf.value),
    subleaf: hex(subleaf.value),
    eax: hex(eax.value),
    ebx: hex(ebx.value),
    ecx: hex(ecx.value),
    edx: hex(edx.value),
  });
}

/** In EDX the upper half, as RDMSR returns it. */
function msrRow(element: XmlElement): Result<{ readonly index: Hex; readonly value: Hex }, XmlFault> {
  const index = unsigned(element, 'index', 32);
  if (!index.ok) return index;
  const high = unsigned(element, 'edx', 32);
  if (!high.ok) return high;
  const low = unsigned(element, 'eax', 32);
  return low.ok ? ok({ index: hex(index.value), value: hex((high.value << 32n) | low.value) }) : low;
}
