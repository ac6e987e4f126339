/**
 * Does to a witness what a bad restore would do, so that it can be shown to notice. The first vCPU gets pages with other
 * contents, another XMM register and general register, and time that goes back; the last one loses an MSR and a debug
 * register, and gets an interrupt that nobody sent.
 */
import {
  KVM_GET_DEBUGREGS,
  KVM_GET_REGS,
  KVM_GET_XSAVE,
  KVM_REGS,
  KVM_SET_DEBUGREGS,
  KVM_SET_REGS,
  KVM_SET_XSAVE,
  KVM_SIGNAL_MSI,
  KVM_XSAVE,
  writeMsrs,
} from '../../../kvm/index.ts';
import type { KvmError, Vcpu } from '../../../kvm/index.ts';
import { ok } from '../../../model/index.ts';
import type { Result } from '../../../model/index.ts';
import type { GuestMachine } from '../../machine.ts';
import type { GuestMemory } from '../../memory.ts';
import { PAGES, PAGE_BYTES, areaAddress } from './layout.ts';
import { readDescription } from './report.ts';

/** Offsets of XMM5 in the legacy region (SDM volume 1, table 10-2) and of R9 in struct kvm_regs. */
const XMM5 = 160 + 16 * 5;
const R9 = 72;
const TSC = 0x10;
/** Long ago, and not 0, which KVM takes for a wish to be in step with the other vCPUs. */
const EARLY = 0x1000n;
/**
 * KVM takes a write that is within a second of what the TSC says for a wish to be in step with it, and changes nothing
 * (kvm_synchronize_tsc, arch/x86/kvm/x86.c): the guest's has to be older before it goes back.
 */
const OLD_MILLISECONDS = 1500;
const LSTAR = 0xc000_0082;
/** An address and data of a message-signalled interrupt: SDM 3A, section 12.11. */
const MSI_ADDRESS = 0xfee0_0000;
const STRAY_VECTOR = 0x77;

export function disturb({ vm, vcpus }: GuestMachine, memory: GuestMemory): Result<unknown, KvmError> {
  const description = readDescription(memory.view, memory.bytes);
  const [first, last] = [vcpus[0], vcpus.at(-1)];
  if (description === null || first === undefined || last === undefined) throw new RangeError('there is no witness');
  // All pages, for the vCPU may be writing one just now.
  const pages = areaAddress(description, 0) + description.area.pages;
  for (let at = pages; at < pages + PAGES * PAGE_BYTES; at++) memory.bytes[at] = (memory.bytes[at] ?? 0) ^ 0xff;
  const calls = [
    () => flip(first.fd, 'regs'),
    () => flip(first.fd, 'xsave'),
    () => {
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, OLD_MILLISECONDS);
      return writeMsrs(first.fd, [{ index: TSC, data: EARLY }]);
    },
    () => writeMsrs(last.fd, [{ index: LSTAR, data: 0n }]),
    () => loseBreakpoint(last.fd),
    () => vm.structReturning(KVM_SIGNAL_MSI, { address_lo: MSI_ADDRESS | (last.id << 12), data: STRAY_VECTOR }),
  ];
  for (const call of calls) {
    const done = call();
    if (!done.ok) return done;
  }
  return ok(undefined);
}

/** Turns the bits of a byte of R9 or XMM5. */
function flip(fd: Vcpu, what: 'regs' | 'xsave'): Result<number, KvmError> {
  const [size, at] = what === 'regs' ? [KVM_REGS.size, R9] : [KVM_XSAVE.size, XMM5];
  const buffer = new Uint8Array(size);
  const got = fd.raw(what === 'regs' ? KVM_GET_REGS : KVM_GET_XSAVE, buffer, '');
  if (!got.ok) return got;
  buffer[at] = (buffer[at] ?? 0) ^ 0xff;
  return fd.raw(what === 'regs' ? KVM_SET_REGS : KVM_SET_XSAVE, buffer, 'one byte turned');
}

function loseBreakpoint(fd: Vcpu): Result<unknown, KvmError> {
  const got = fd.struct(KVM_GET_DEBUGREGS, {});
  return got.ok ? fd.struct(KVM_SET_DEBUGREGS, { ...got.value, 'db[1]': 0n }, 'DR1 = 0') : got;
}
