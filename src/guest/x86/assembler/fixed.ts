/**
 * Instructions without operands (or whose operands are implied). Encodings: Intel SDM volume 2, each under its name,
 * AMD's own ones in AMD APM volume 3 under theirs.
 */
export interface FixedInstruction {
  readonly bytes: readonly number[];
  /** Where it exists only in 64-bit mode. */
  readonly only64?: true;
}

export type FixedName =
  | 'cld'
  | 'cli'
  | 'clts'
  | 'cpuid'
  | 'hlt'
  | 'int1'
  | 'int3'
  | 'invd'
  | 'iretq'
  | 'lfence'
  | 'mfence'
  | 'monitor'
  | 'mwait'
  | 'nop'
  | 'pause'
  | 'rdmsr'
  | 'rdpkru'
  | 'rdpmc'
  | 'rdtsc'
  | 'rdtscp'
  | 'ret'
  | 'sti'
  | 'swapgs'
  | 'syscall'
  | 'sysretq'
  | 'ud2'
  | 'vmcall'
  | 'vmmcall'
  | 'wbinvd'
  | 'wrmsr'
  | 'wrpkru'
  | 'xgetbv'
  | 'xsetbv';

export const FIXED: Readonly<Record<FixedName, FixedInstruction>> = {
  cld: { bytes: [0xfc] },
  cli: { bytes: [0xfa] },
  clts: { bytes: [0x0f, 0x06] },
  cpuid: { bytes: [0x0f, 0xa2] },
  hlt: { bytes: [0xf4] },
  /** F1 raises #DB without going through the checks of INT n (volume 2, "INT n/INTO/INT3/INT1", opcode INT1). */
  int1: { bytes: [0xf1] },
  int3: { bytes: [0xcc] },
  invd: { bytes: [0x0f, 0x08] },
  iretq: { bytes: [0x48, 0xcf], only64: true },
  lfence: { bytes: [0x0f, 0xae, 0xe8] },
  mfence: { bytes: [0x0f, 0xae, 0xf0] },
  monitor: { bytes: [0x0f, 0x01, 0xc8] },
  mwait: { bytes: [0x0f, 0x01, 0xc9] },
  nop: { bytes: [0x90] },
  pause: { bytes: [0xf3, 0x90] },
  rdmsr: { bytes: [0x0f, 0x32] },
  rdpkru: { bytes: [0x0f, 0x01, 0xee] },
  rdpmc: { bytes: [0x0f, 0x33] },
  rdtsc: { bytes: [0x0f, 0x31] },
  rdtscp: { bytes: [0x0f, 0x01, 0xf9] },
  ret: { bytes: [0xc3] },
  sti: { bytes: [0xfb] },
  swapgs: { bytes: [0x0f, 0x01, 0xf8], only64: true },
  syscall: { bytes: [0x0f, 0x05], only64: true },
  sysretq: { bytes: [0x48, 0x0f, 0x07], only64: true },
  ud2: { bytes: [0x0f, 0x0b] },
  vmcall: { bytes: [0x0f, 0x01, 0xc1] },
  /** AMD APM volume 3, VMMCALL. */
  vmmcall: { bytes: [0x0f, 0x01, 0xd9] },
  wbinvd: { bytes: [0x0f, 0x09] },
  wrmsr: { bytes: [0x0f, 0x30] },
  wrpkru: { bytes: [0x0f, 0x01, 0xef] },
  xgetbv: { bytes: [0x0f, 0x01, 0xd0] },
  xsetbv: { bytes: [0x0f, 0x01, 0xd1] },
};
