/**
 * What QEMU makes of CPUID leaves that it has no property for: cpu_x86_cpuid of target/i386/cpu.c in Debian's sources of
 * 5.2, 7.2, 10.0 and 10.2.2 (1:10.2.2+ds-1). 11.1's source could not be had; what 5.2 to 10.2 agree on is taken to hold for
 * it too (guests of 11.1 in the lab read 0x80000019 to 0x8000001b as 0), and of any other leaf that none of them knows it is
 * `unknown` there.
 */
import type { Selection, VmmRow } from '../../model/index.ts';
import { CONFIGURED, NOT_READ } from './patterns.ts';
import type { QemuVersion } from './qemu-version.ts';

interface Given {
  readonly words: readonly string[];
  readonly selects: Selection;
  /** Left out of versions in which the word has feature bits, or that nobody read. */
  readonly except?: readonly QemuVersion[];
  /** Of this version alone: of others the row for the rest says so. */
  readonly only?: QemuVersion;
}

const gives = (value: bigint): Selection => ({ how: 'gives', value });
const itself = (text: string): Selection => ({ how: 'itself', text });
const off = (text: string): Selection => ({ how: 'off', text });

const leaf = (number: string, ...registers: readonly string[]): string[] =>
  (registers.length === 0 ? ['*'] : registers).map((register) => `cpuid/${number}/${register}`);

const GIVEN: readonly Given[] = [
  // CLFLUSH in units of 8 bytes; no brand index. APIC id and the number of threads are topology.
  { words: leaf('0x1:0', 'ebx'), selects: gives(0x800n) },
  // CPUID_MWAIT_EMX | CPUID_MWAIT_IBE (x86_cpu_realizefn); the rest only with -cpu host and cpu-pm=on.
  { words: leaf('0x5:0', 'ecx'), selects: gives(3n) },
  { words: leaf('0x5:0', 'eax', 'ebx', 'edx'), selects: gives(0n) },
  { words: leaf('0x6:0', 'ebx', 'ecx', 'edx'), selects: gives(0n) },
  { words: leaf('0x7:1', 'ebx'), selects: gives(0n) },
  { words: leaf('0x7:1', 'ecx'), selects: gives(0n), except: ['11.1'] },
  { words: leaf('0x7:2', 'eax', 'ebx', 'ecx'), selects: gives(0n) },
  { words: leaf('0x9:*'), selects: gives(0n) },
  { words: leaf('0xa:*'), selects: off('-cpu …,pmu=off') },
  { words: leaf('0xb:*'), selects: itself('the topology') },
  { words: leaf('0xd:*'), selects: itself('from the features') },
  { words: leaf('0x12:*'), selects: off('-cpu …,sgx=off'), except: ['5.2'] },
  { words: leaf('0x14:*'), selects: itself('constants where intel-pt is on, and else 0') },
  { words: leaf('0x1c:*'), selects: off('-cpu …,arch-lbr=off'), except: ['5.2'] },
  { words: leaf('0x1d:*'), selects: itself('constants where amx-tile is on, and else 0'), except: ['5.2'] },
  { words: leaf('0x1e:*'), selects: itself('constants where amx-tile is on, and else 0'), except: ['5.2', '11.1'] },
  { words: leaf('0x1f:*'), selects: itself('the topology') },
  { words: leaf('0x40000001:0', 'ebx', 'ecx'), selects: gives(0n) },
  { words: leaf('0x80000000:0', 'ebx', 'ecx', 'edx'), selects: itself('from vendor') },
  { words: leaf('0x80000001:0', 'eax'), selects: itself('from family, model and stepping') },
  { words: leaf('0x80000001:0', 'ebx'), selects: gives(0n) },
  { words: leaf('0x80000007:0', 'eax', 'ecx'), selects: gives(0n) },
  { words: leaf('0x80000008:0', 'ecx'), selects: itself('the topology') },
  { words: leaf('0x80000008:0', 'edx'), selects: gives(0n) },
  { words: leaf('0x8000000a:0', 'eax', 'ebx'), selects: itself('constants where svm is on, and else 0') },
  { words: leaf('0x8000000a:0', 'ecx'), selects: gives(0n) },
  { words: leaf('0x8000001e:*'), selects: itself('the topology') },
  { words: leaf('0x8000001f:*'), selects: itself('from the SEV object, and 0 without one') },
  { words: leaf('0x80000021:0', 'edx'), selects: gives(0n) },
  { words: leaf('0x80000021:0', 'ecx'), selects: gives(0n), except: ['11.1'] },
  { words: leaf('0x80000022:0', 'ebx'), selects: off('-cpu …,perfmon-v2=off'), except: ['5.2', '7.2'] },
  {
    words: ['2:0', '4:*', '80000005:0', '80000006:0', '8000001d:*'].flatMap((name) => leaf(`0x${name}`)),
    selects: itself('from the CPU model, whatever the host shows'),
  },
  // Reserved leaves, TLBs of 1 GiB pages, instruction-based sampling, lightweight profiling, resource control.
  {
    words: ['0x8000000*', '0x8000001*', '0x80000020'].flatMap((number) => leaf(`${number}:*`)),
    selects: gives(0n),
    only: '11.1',
  },
];

/** Rows for what has no property. `cpuid/*` at the end: "reserved values: zero". */
export function qemuGivenRows(version: QemuVersion): VmmRow[] {
  const source = 'target/i386/cpu.c, cpu_x86_cpuid';
  const rows = GIVEN.filter(
    ({ except, only }) => except?.includes(version) !== true && (only === undefined || only === version),
  ).map(({ words, selects }): VmmRow => ({
    words,
    selects,
    ...CONFIGURED,
    source,
  }));
  const rest: VmmRow =
    version === '11.1'
      ? { words: ['cpuid/*'], ...NOT_READ, ...CONFIGURED, source: 'not read' }
      : {
          words: ['cpuid/*'],
          selects: gives(0n),
          ...CONFIGURED,
          source: `${source}: a leaf that it does not know is 0`,
        };
  return [...rows, rest];
}
