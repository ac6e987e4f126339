/**
 * The local APIC of each vCPU: a periodic timer, and an interrupt to the next vCPU in each round, of which the vCPU waits
 * for an answer: that the other one took it. Registers: Intel SDM volume 3A, table 12-1; as MSRs, table 12-6.
 */
import { at, dword, qword } from '../assembler/index.ts';
import type { Assembler, Label } from '../assembler/index.ts';
import { BLOCK, EOI, PORT, vcpuBlock } from '../layout.ts';
import { valueAddress } from '../mailbox.ts';
import type { GuestOperation } from '../operation.ts';
import { OWN } from './layout.ts';
import { OWN_BLOCK } from './registers.ts';

export const VECTOR = { timer: 0x40, ipi: 0x41 } as const;
const SPURIOUS = 0xff;

const APIC = 0xfee0_0000;
const APIC_BASE_MSR = 0x1b;
const X2APIC_ENABLED = 1 << 10;
const REGISTER = {
  spurious: 0xf0,
  command: 0x300,
  destination: 0x310,
  timer: 0x320,
  count: 0x380,
  divide: 0x3e0,
} as const;
const X2APIC = 0x800;
const COMMAND_MSR = 0x830;

const ENABLED = 0x100;
const PERIODIC = 0x2_0000;
const BY_ONE = 0xb;
/** KVM's APIC timer counts nanoseconds unless a VMM sets it otherwise (KVM_CAP_X86_APIC_BUS_CYCLES_NS). */
const PERIOD = 4_000_000;
/** A fixed interrupt to one destination, level asserted. */
const SEND = 0x4000 | VECTOR.ipi;

/** AL at the doorbell: a round is done, or the vCPU waits and others should have a turn. */
export const RING = { round: 0, waiting: 1 } as const;
/** Turns that the other vCPU gets to answer. */
const PATIENCE = 64;

/** What tells in which mode the local APIC is. */
export const READ_APIC_BASE: GuestOperation = { do: 'rdmsr', index: APIC_BASE_MSR };

/** A setup operation: the witness then uses the local APIC's MSRs instead of its page. Gives IA32_APIC_BASE. */
export function useX2apic(): GuestOperation {
  return {
    do: 'code',
    name: 'use x2apic',
    values: ['apic-base'],
    assemble(code, context) {
      code.mov('ecx', APIC_BASE_MSR);
      code.instruction('rdmsr');
      code.or('eax', X2APIC_ENABLED);
      code.instruction('wrmsr');
      code.instruction('rdmsr');
      context.store(0, 'rax');
    },
  };
}

/** Emits the subroutine that writes EAX to the register at offset ECX; EDX must be 0. Changes RCX and RDI. */
export function emitApicWrite(code: Assembler): Label {
  const x2apic = code.label('apic_write_x2');
  const entry = code.bind(code.label('apic_write'));
  code.cmp(qword(at(OWN_BLOCK, BLOCK.eoi)), EOI.x2apic);
  code.jump('e', x2apic);
  code.mov('edi', APIC);
  code.add('rdi', 'rcx');
  code.mov(at('rdi'), 'eax');
  code.instruction('ret');
  code.bind(x2apic);
  code.shift('shr', 'ecx', 4);
  code.add('ecx', X2APIC);
  code.instruction('wrmsr');
  code.instruction('ret');
  return entry;
}

/** `apicBase`: the slot of READ_APIC_BASE. */
export function emitApicStart(code: Assembler, write: Label, apicBase: number): void {
  const xapic = code.label('xapic');
  code.mov(qword(at(OWN_BLOCK, BLOCK.eoi)), EOI.xapic);
  code.test(dword(at(valueAddress(apicBase, 0))), X2APIC_ENABLED);
  code.jump('e', xapic);
  code.mov(qword(at(OWN_BLOCK, BLOCK.eoi)), EOI.x2apic);
  code.bind(xapic);
  for (const [register, value] of [
    [REGISTER.spurious, ENABLED | SPURIOUS],
    [REGISTER.divide, BY_ONE],
    [REGISTER.timer, PERIODIC | VECTOR.timer],
    [REGISTER.count, PERIOD],
  ] as const) {
    code.mov('ecx', register);
    code.mov('eax', value);
    code.xor('edx', 'edx');
    code.call(write);
  }
}

/** To the vCPU at place `to`, whose APIC id is `apicId`. */
export function emitIpi(code: Assembler, to: number, apicId: number): void {
  const [x2apic, sent, wait, answered] = ['x2apic', 'sent', 'wait', 'answered'].map((name) =>
    code.label(`ipi_${name}`),
  );
  if (!x2apic || !sent || !wait || !answered) return;
  const taken = at(vcpuBlock(to) + BLOCK.counters + 4 * VECTOR.ipi);
  code.mov('ebx', taken);
  code.cmp(qword(at(OWN_BLOCK, BLOCK.eoi)), EOI.x2apic);
  code.jump('e', x2apic);
  code.mov('edi', APIC);
  code.mov(dword(at('rdi', REGISTER.destination)), apicId << 24);
  code.mov(dword(at('rdi', REGISTER.command)), SEND);
  code.jmp(sent);
  code.bind(x2apic);
  code.mov('ecx', COMMAND_MSR);
  code.mov('edx', apicId);
  code.mov('eax', SEND);
  code.instruction('wrmsr');
  code.bind(sent);
  code.mov('esi', PATIENCE);
  code.bind(wait);
  code.cmp(taken, 'ebx');
  code.jump('ne', answered);
  code.instruction('pause');
  code.mov('al', RING.waiting);
  code.out(PORT.doorbell, 'al');
  code.dec('esi');
  code.jump('ne', wait);
  code.inc(qword(at(OWN_BLOCK, OWN.unanswered)));
  code.bind(answered);
}
