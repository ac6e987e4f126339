/** Behaviour that a VMM selects with KVM_ENABLE_CAP: quirks, and the flags of the x2APIC interface. */
import type { Hex, MeasuredWord, Operation, Rejection, Surface, WordLatitude } from '../../../model/index.ts';
import { fromHex } from '../../../model/index.ts';
import type { FlagTrial, QuirkData, QuirkEffect } from '../sections.ts';
import { BEHAVIOURS } from '../tables/behaviours.ts';
import { QUIRKS, X2APIC_FLAGS } from '../tables/words.ts';
import { areaFrom, readSection } from './reading.ts';
import type { Part } from './reading.ts';

const REFUSED: Rejection = { how: 'refused', call: 'KVM_ENABLE_CAP', errno: 'EINVAL' };

/** 1: the historical behaviour, which is the default. */
export function measureQuirks(surface: Surface): Part {
  const reading = readSection(surface, 'quirk');
  const area = areaFrom('quirk', reading);
  if (reading.kind !== 'measured') return { area, words: [] };
  const { call, trials, effects, valid } = reading.data;
  const words = trials.flatMap((trial, at): MeasuredWord[] => {
    const name = nameOf(QUIRKS, trial);
    if (name === null) return [];
    return [
      {
        path: `quirk/${name}`,
        width: 1,
        value: 1n,
        latitude:
          seenByGuest(surface, name, trial) ??
          quirkLatitude(
            call,
            trial,
            effects.find(({ quirk }) => quirk === name),
          ),
        mechanism: call === null ? null : { operation: flagOperation(call, trial, 0n), until: 'before-vcpu' },
        ...(valid === null ? {} : { declared: declaredQuirk(valid, trial) }),
        evidence: `${reading.pointer}/trials/${at}`,
      },
    ];
  });
  return { area, words };
}

/** KVM_CHECK_EXTENSION of KVM_CAP_DISABLE_QUIRKS2 gives the mask of quirks that can be disabled. */
function declaredQuirk(valid: Hex, { flags }: FlagTrial): NonNullable<MeasuredWord['declared']> {
  return {
    mask: (fromHex(valid) & fromHex(flags)) === 0n ? 0n : 1n,
    by: 'KVM_CHECK_EXTENSION(KVM_CAP_DISABLE_QUIRKS2)',
  };
}

/** What a guest met with the quirk and without it; null where no guest tried, or could not tell. */
function seenByGuest(surface: Surface, name: string, trial: FlagTrial): WordLatitude | null {
  const row = BEHAVIOURS.find(({ settings }) => settings.some(({ word }) => word === `quirk/${name}`));
  const reading = readSection(surface, 'behaviour');
  if (reading.kind !== 'measured' || row?.tells !== true || trial.outcome !== 'accepted') return null;
  const result = reading.data.rows.find(({ id }) => id === row.id);
  const without = result?.with[0]?.outcome ?? null;
  if (result === undefined || result.outcome === null || without === null) return null;
  return result.outcome === without
    ? { kind: 'fixed', otherwise: { how: 'ignored', call: 'KVM_ENABLE_CAP' } }
    : switchable(trial);
}

/** A change that was seen proves the call; where the quirk was to show and nothing changed, the call does nothing. */
function quirkLatitude(call: QuirkData['call'], trial: FlagTrial, effect: QuirkEffect | undefined): WordLatitude {
  if (effect !== undefined && trial.outcome === 'accepted') {
    if (effect.enabled !== effect.disabled) return switchable(trial);
    // Feature MSRs of a host that has none read 0 either way.
    if (effect.enabled !== '0x0') return { kind: 'fixed', otherwise: { how: 'ignored', call: 'KVM_ENABLE_CAP' } };
  }
  return call === 'KVM_CAP_DISABLE_QUIRKS2' ? switchable(trial) : UNPROVED;
}

const UNPROVED: WordLatitude = {
  kind: 'unknown',
  why: 'KVM_CAP_DISABLE_QUIRKS accepts any mask, so that its success proves nothing',
};

/** 0: the flag is off, which is the default. Taken from the split interrupt controller where that was tried. */
export function measureX2apic(surface: Surface): Part {
  const reading = readSection(surface, 'x2apic');
  const area = areaFrom('x2apic', reading);
  if (reading.kind !== 'measured') return { area, words: [] };
  const split = reading.data.trials.some((trial) => trial.split);
  const words = reading.data.trials.flatMap((trial, at): MeasuredWord[] => {
    const name = nameOf(X2APIC_FLAGS, trial);
    // A flag that is refused does not exist on this kernel; the word is then absent.
    if (name === null || trial.split !== split || trial.outcome !== 'accepted') return [];
    return [
      {
        path: `x2apic/${name}`,
        width: 1,
        value: 0n,
        latitude: switchable(trial),
        mechanism: { operation: flagOperation('KVM_CAP_X2APIC_API', trial, 1n), until: 'before-vcpu' },
        evidence: `${reading.pointer}/trials/${at}`,
      },
    ];
  });
  return { area, words };
}

/** `set`: the word's value for which the flag is set. Which capability it is depends on the kernel. */
function flagOperation(capability: string, { flags }: FlagTrial, set: bigint): Operation {
  return { call: 'KVM_ENABLE_CAP', on: 'vm', capability, argument: 0, bit: fromHex(flags), set };
}

/** Null for the flag that no kernel knows, which was tried to see that unknown ones are refused. */
function nameOf(rows: readonly { readonly bit: number; readonly name: string }[], { flags }: FlagTrial): string | null {
  const bit = fromHex(flags).toString(2).length - 1;
  return rows.find((row) => row.bit === bit)?.name ?? (bit < 62 ? `bit${bit}` : null);
}

function switchable({ outcome }: FlagTrial): WordLatitude {
  return outcome === 'accepted'
    ? { kind: 'values', values: [0n, 1n], otherwise: REFUSED }
    : { kind: 'fixed', otherwise: { how: 'refused', call: 'KVM_ENABLE_CAP', errno: outcome } };
}
