/**
 * The FPU state: what a guest carries of it, and what becomes of a component that the host or the guest does not have.
 *
 * KVM's ABI had three eras, told apart by what was measured and never by version (arch/x86/kvm/x86.c,
 * kvm_vcpu_ioctl_x86_get_xsave and _set_xsave; arch/x86/kernel/fpu/xstate.c, copy_uabi_to_xstate): KVM_GET_XSAVE gives
 * components that the guest's CPUID does not have, and KVM_SET_XSAVE takes them; KVM_SET_XSAVE refuses them; it takes
 * them, and KVM_GET_XSAVE leaves them out.
 */
import type { MeasuredWord, Restore, Surface, WordPath } from '../../../model/index.ts';
import { fromHex } from '../../../model/index.ts';
import type { XsaveData } from '../sections.ts';
import { XFEATURES } from '../tables/words.ts';
import { areaFrom, readSection } from './reading.ts';
import type { Part } from './reading.ts';
import { hostFact } from './state.ts';

const SET = 'KVM_SET_XSAVE';
const UNGIVEN = 'xsave/state/ungiven';
const UNGIVEN_ABOUT = "KVM_GET_XSAVE of the host before gave xfeatures that the guest's CPUID does not have";
/** x87 and SSE, which every x86_64 CPU has. */
const LEGACY = 3n;

export function measureXsave(surface: Surface): Part {
  const reading = readSection(surface, 'xsave');
  const area = areaFrom('xsave', reading);
  if (reading.kind !== 'measured') return { area, words: [] };
  const { data, pointer } = reading;
  return { area, words: [...facts(data, pointer), ...carried(surface, data, pointer)] };
}

function facts({ size, ungiven, unknown }: XsaveData, pointer: string): MeasuredWord[] {
  return [
    hostFact('xsave/size', size, `${pointer}/size`),
    // 1: KVM_SET_XSAVE takes an xfeature that the guest's CPUID was not given, and KVM_GET_XSAVE gives it back.
    ...(ungiven === null
      ? []
      : [
          hostFact('xsave/takes-ungiven', ungiven.outcome === 'accepted' ? 1 : 0, `${pointer}/ungiven/outcome`),
          hostFact('xsave/gives-ungiven', givesUngiven(ungiven) ? 1 : 0, `${pointer}/ungiven/reads`),
        ]),
    hostFact('xsave/takes-unknown', unknown.outcome === 'accepted' ? 1 : 0, `${pointer}/unknown/outcome`),
  ];
}

function givesUngiven({ guest, reads }: NonNullable<XsaveData['ungiven']>): boolean {
  return (fromHex(reads) & ~fromHex(guest)) !== 0n;
}

/** One word a component that the guest has beside x87 and SSE, and one for those that it has not and the host saves. */
function carried(surface: Surface, { after, ungiven }: XsaveData, pointer: string): MeasuredWord[] {
  const state = (path: string, value: bigint | null, at: string): MeasuredWord => ({
    path,
    width: 1,
    value,
    latitude: { kind: 'unknown', why: 'not tried' },
    mechanism: { operation: { call: SET }, until: 'any-time' },
    evidence: `${pointer}/${at}`,
  });
  const inUse = fromHex(after.xstateBv);
  const xcr0 = guestXcr0(surface);
  return [
    ...userComponents().flatMap(([bit, path]) =>
      (xcr0 & (1n << bit)) === 0n ? [] : [state(path, (inUse >> bit) & 1n, 'after/xstateBv')],
    ),
    ...(ungiven !== null && givesUngiven(ungiven) ? [state(UNGIVEN, null, 'ungiven/reads')] : []),
  ];
}

/** What KVM_SET_XSAVE does with components that the guest, or the host, does not have. */
export function restoredXsave(surface: Surface): ReadonlyMap<WordPath, Restore> {
  const reading = readSection(surface, 'xsave');
  if (reading.kind !== 'measured') return new Map();
  const { data, pointer } = reading;
  const { ungiven, unknown } = data;
  const xcr0 = guestXcr0(surface);
  const trial: Restore = {
    value: null,
    outcome:
      unknown.outcome === 'accepted'
        ? { how: 'ignored', call: SET }
        : { how: 'refused', call: SET, errno: unknown.outcome },
    evidence: `${pointer}/unknown/outcome`,
  };
  const missing = userComponents().filter(([bit]) => (xcr0 & (1n << bit)) === 0n);
  const restores = new Map(missing.map(([, path]) => [path, trial]));
  if (ungiven === null) return restores;
  return restores.set(UNGIVEN, {
    value: null,
    about: UNGIVEN_ABOUT,
    // The guest never had them: that they are not kept changes nothing for it.
    outcome: ungiven.outcome === 'accepted' ? { how: 'taken' } : { how: 'refused', call: SET, errno: ungiven.outcome },
    evidence: `${pointer}/ungiven/outcome`,
  });
}

/** XCR0 of a guest with the supported table (CPUID 0xD, EAX and EDX). */
function guestXcr0(surface: Surface): bigint {
  const cpuid = readSection(surface, 'cpuid');
  if (cpuid.kind !== 'measured') return 0n;
  const row = cpuid.data.supported.find(({ leaf, subleaf }) => leaf === '0xd' && subleaf === '0x0');
  return row === undefined ? 0n : fromHex(row.eax) | (fromHex(row.edx) << 32n);
}

/** Bits of IA32_XSS: KVM saves these as MSRs, and KVM_GET_XSAVE has none of them (Intel SDM volume 1, 13.1). */
const SUPERVISOR: ReadonlySet<string> = new Set([
  'pt',
  'pasid',
  'cet_user',
  'cet_supervisor',
  'hdc',
  'uintr',
  'lbr',
  'hwp',
]);

function userComponents(): (readonly [bit: bigint, path: WordPath])[] {
  return Object.entries(XFEATURES).flatMap(([bit, name]) =>
    (LEGACY & (1n << BigInt(bit))) !== 0n || SUPERVISOR.has(name)
      ? []
      : [[BigInt(bit), `xsave/state/${name}`] as const],
  );
}
