/**
 * Quirks whose behaviour shows in a fresh vCPU's state: read on a VM that keeps them all and on one that disabled
 * them, because a call that succeeds may have no effect. The others show only to code in a guest.
 */
import { KVM_CREATE_IRQCHIP, KVM_GET_CPUID2, KVM_GET_LAPIC, KVM_SET_CPUID2 } from '../../../kvm/index.ts';
import type { Kvm, KvmError } from '../../../kvm/index.ts';
import type { QuirkEffect } from '../../../arch/x86/sections.ts';
import { hex, ok } from '../../../model/index.ts';
import type { Hex, Result } from '../../../model/index.ts';
import { baseTable, createFresh } from './fresh.ts';
import type { CpuidEntry } from './fresh.ts';
import { readMsrs } from './msr-batch.ts';

/** LVT LINT0: masked (0x10000) at reset, but for the quirk LINT0_REENABLED (0x700). */
const LVT_LINT0 = 0x350;
/** 0 on a new vCPU, but for the quirk STUFF_FEATURE_MSRS, which gives it what KVM supports. */
const PLATFORM_INFO = 0xce;
/** CPUID 1 ECX, MONITOR: follows MISC_ENABLE bit 18, which is 0 at reset, but for the quirk MISC_ENABLE_NO_MWAIT. */
const MONITOR = 1 << 3;

interface Shown {
  readonly lint0: Hex;
  readonly platformInfo: Hex | null;
  readonly monitor: Hex;
}

/** `capability` and `mask`: how all quirks are disabled on this host. */
export function quirkEffects(kvm: Kvm, capability: number, mask: bigint): Result<QuirkEffect[], KvmError> {
  const enabled = show(kvm, null);
  if (!enabled.ok) return enabled;
  const disabled = show(kvm, { capability, mask });
  if (!disabled.ok) return disabled;
  const [a, b] = [enabled.value, disabled.value];
  return ok([
    { quirk: 'LINT0_REENABLED', shows: 'LAPIC 0x350', enabled: a.lint0, disabled: b.lint0 },
    { quirk: 'MISC_ENABLE_NO_MWAIT', shows: 'CPUID 1 ECX bit 3', enabled: a.monitor, disabled: b.monitor },
    ...(a.platformInfo === null || b.platformInfo === null
      ? []
      : [{ quirk: 'STUFF_FEATURE_MSRS', shows: 'MSR 0xce', enabled: a.platformInfo, disabled: b.platformInfo }]),
  ]);
}

function show(
  kvm: Kvm,
  disable: { readonly capability: number; readonly mask: bigint } | null,
): Result<Shown, KvmError> {
  const table = baseTable(kvm);
  if (!table.ok) return table;
  const created = createFresh(kvm, (vm) => {
    const done = disable === null ? ok(0) : vm.enableCapability(disable.capability, disable.mask);
    return done.ok ? vm.integer(KVM_CREATE_IRQCHIP, 0) : done;
  });
  if (!created.ok) return created;
  using fresh = created.value;
  const { vcpu } = fresh;
  const msr = readMsrs(vcpu, [PLATFORM_INFO]);
  if (!msr.ok) return msr;
  const set = vcpu.entries(KVM_SET_CPUID2, table.value.map(withMonitor), 'with MONITOR');
  if (!set.ok) return set;
  const given = vcpu.entries(KVM_GET_CPUID2, table.value);
  if (!given.ok) return given;
  const page = vcpu.struct(KVM_GET_LAPIC, {});
  if (!page.ok) return page;
  const { regs } = page.value;
  const platformInfo = msr.value[0] ?? null;
  const leaf1 = given.value.entries.find((entry) => entry.function === 1);
  return ok({
    lint0: hex(new DataView(regs.buffer, regs.byteOffset).getUint32(LVT_LINT0, true)),
    platformInfo: platformInfo === null ? null : hex(platformInfo),
    monitor: ((leaf1?.ecx ?? 0) & MONITOR) === 0 ? '0x0' : '0x1',
  });
}

function withMonitor(entry: CpuidEntry): CpuidEntry {
  return entry.function === 1 ? { ...entry, ecx: (entry.ecx | MONITOR) >>> 0 } : entry;
}
