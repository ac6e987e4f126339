/**
 * What code in a guest reads of the machine that it gets by default: the supported CPUID table, all interrupt controllers
 * and the PIT in the kernel, nothing selected. One VM, one vCPU; it begins with what does not change it.
 */
import type { ObservedData } from '../../../../arch/x86/observed-sections.ts';
import { UNREAD_APIC } from '../../../../arch/x86/observed.ts';
import { LAPIC_ROWS } from '../../../../arch/x86/tables/lapic.ts';
import { PLAIN, openBench } from '../../../../guest/x86/behaviour/index.ts';
import type { Bench } from '../../../../guest/x86/behaviour/index.ts';
import { khzByPit, khzOf, load32, paravirtualClock, readDevices } from '../../../../guest/x86/observe/index.ts';
import type { Devices, ParavirtualClock } from '../../../../guest/x86/observe/index.ts';
import type { X86Guest } from '../../../../guest/x86/index.ts';
import type { KvmError } from '../../../../kvm/index.ts';
import { hex, ok } from '../../../../model/index.ts';
import type { Result } from '../../../../model/index.ts';
import { absent, failed, measured } from '../../../step.ts';
import type { Step, StepContext } from '../../../step.ts';
import { baseTable } from '../fresh.ts';
import type { CpuidEntry } from '../fresh.ts';
import { guestMode } from './mode.ts';
import { msrsToRead, observeBits, observeCpuid, observeMsrs, observeXcr0 } from './registers.ts';

export const observed: Step = {
  name: 'observed',
  architecture: 'x86_64',
  seconds: 15,
  run(context) {
    const cpuid = baseTable(context.kvm);
    if (!cpuid.ok) return failed(cpuid.error);
    const found = guestMode(context, cpuid.value);
    if (!found.ok) return failed(found.error);
    const { mode, why } = found.value;
    if (mode === null) return absent(why ?? 'no guest runs on this host');
    using cleanup = new DisposableStack();
    const bench = openBench({ ...context, cpuid: cpuid.value, mode }, PLAIN, [], cleanup);
    if (!bench.ok) return failed(bench.error);
    const missing: { what: string; why: string }[] =
      why === null ? [] : [{ what: 'what a guest reads in long mode', why }];
    const data = observe(context, bench.value, cpuid.value, missing);
    return data.ok ? measured({ mode, missing, ...data.value }) : failed(data.error);
  },
};

type Missing = { what: string; why: string }[];
type Observed = Omit<ObservedData, 'mode' | 'missing'>;

function observe(
  { kvm, note }: StepContext,
  { vcpu, guest }: Bench,
  table: readonly CpuidEntry[],
  missing: Missing,
): Result<Observed, KvmError> {
  const long = guest.mode === 'long';
  // Loads of memory that is not there come before anything that faults: see docs/lab.md on emulated SVM.
  note('a guest reads its devices');
  const devices = long ? readDevices(guest) : ok('real mode');
  if (!devices.ok) return devices;
  const apic = long ? readApic(guest) : ok(null);
  if (!apic.ok) return apic;
  note('a guest reads CPUID');
  const cpuid = observeCpuid(guest, table);
  if (!cpuid.ok) return cpuid;
  note('a guest reads MSRs');
  const indexes = msrsToRead(kvm);
  if (!indexes.ok) return indexes;
  const msrs = observeMsrs(guest, indexes.value);
  if (!msrs.ok) return msrs;
  note('a guest reads its clocks');
  const clock = paravirtualClock(guest);
  if (!clock.ok) return clock;
  const byPit = long ? khzByPit(guest) : ok('real mode');
  if (!byPit.ok) return byPit;
  note('a guest writes control registers');
  const xcr0 = observeXcr0(vcpu, guest, table);
  if (!xcr0.ok) return xcr0;
  const bits = long ? observeBits(guest) : ok({ bits: [], missing: [] });
  if (!bits.ok) return bits;
  missing.push(...bits.value.missing);
  if (cpuid.value === null) missing.push({ what: 'CPUID', why: 'the guest did not come to its end' });
  return ok({
    cpuid: cpuid.value,
    xcr0: given(xcr0.value, 'XCR0', missing),
    msrs: msrs.value,
    bits: bits.value.bits,
    apic: given(apic.value ?? 'real mode', 'the local APIC', missing) ?? [],
    ...devicesOf(given(devices.value, 'devices', missing)),
    clock: clockOf(given(clock.value, 'the paravirtual clock', missing)),
    pitKhz: given(byPit.value, "the time stamp counter's rate by the PIT", missing),
  });
}

/** A text is why there is nothing. */
function given<T>(value: T | string, what: string, missing: Missing): T | null {
  if (typeof value !== 'string') return value;
  missing.push({ what, why: value });
  return null;
}

const APIC_PAGE = 0xfee0_0000;

function readApic(guest: X86Guest): Result<ObservedData['apic'] | string, KvmError> {
  const offsets = LAPIC_ROWS.map(({ offset }) => offset).filter((offset) => !UNREAD_APIC.includes(offset));
  const read = load32(
    guest,
    offsets.map((offset) => APIC_PAGE + offset),
  );
  if (!read.ok) return read;
  if (read.value === null) return ok('the guest did not come to its end');
  return ok(
    read.value.flatMap(({ key, value }) =>
      value === null || value === 0n ? [] : [{ offset: hex(key - APIC_PAGE), value: hex(value) }],
    ),
  );
}

const PIC_MASK = 0xa5n;

function devicesOf(devices: Devices | null): Pick<ObservedData, 'ioapic' | 'pic' | 'pit'> {
  if (devices === null) return { ioapic: null, pic: null, pit: null };
  const { ioapicId, ioapicVersion, pic, pit } = devices;
  const masked = pic?.slice(0, 2).every((mask) => mask === PIC_MASK) === true;
  const counting = pit !== null && pit[0] !== pit[1];
  return {
    ioapic: ioapicId === null || ioapicVersion === null ? null : { id: hex(ioapicId), version: hex(ioapicVersion) },
    pic: pic === null ? 'absent' : masked ? 'in-kernel' : 'other',
    pit: pit === null ? 'absent' : counting ? 'in-kernel' : 'other',
  };
}

function clockOf(clock: ParavirtualClock | null): ObservedData['clock'] {
  if (clock === null) return null;
  const wall = clock.wallVersion === 0 || clock.wallVersion % 2 === 1 ? 'not written' : 'written';
  return { flags: hex(clock.flags), khz: khzOf(clock), wall };
}
