/**
 * What Evenkeel says beforehand of a guest that one QEMU saves and another loads: `migration check --vmm` for the arguments
 * that are given on the destination. Pure.
 */
import { check, contractUnder, rowFor, underVmm } from '../../engine/index.ts';
import { isPromised } from '../../engine/addition-units.ts';
import { LEVELS, extract, fieldMask, hex, worse } from '../../model/index.ts';
import type { Contract, Level, Promised, Reason, Registry, VmmProfile, WordPath } from '../../model/index.ts';
import { pinned } from '../roundtrip/contracts.ts';
import type { RoundTripGroup, RoundTripHost } from '../roundtrip/host.ts';
import { QEMU_VERSIONS } from '../qemu-version.ts';
import { crossProfile } from './cross-profile.ts';
import { notGiven, withoutElements } from './exported.ts';
import { MACHINE } from './guest.ts';
import type { QemuMove, QemuPlace } from './plan.ts';
import { madeOtherwise, notInStream, profileOf } from './versions.ts';

export interface QemuPrediction {
  /** Of what a restore can show: refusals, and words that the guest reads. */
  readonly level: Level;
  /** The same by KVM alone. */
  readonly kvm: Level;
  /** Elements for which something bad is predicted that this guest does not show. */
  readonly beyond: number;
  /** What of it is bad and shown: refusals first, then the worst. */
  readonly reasons: readonly Reason[];
}

/** Values by word, as a guest shows them that nobody asked for anything else. */
export type Shown = ReadonlyMap<WordPath, bigint>;

export interface KnownBefore {
  /** What a fresh guest with the same arguments shows on the destination, where the arguments do not say it. */
  readonly shown: Shown | null;
  /** `shown` is what such a guest reads there, of every word, and not what is promised of some. */
  readonly whole?: boolean;
  /** What the guest reads before it leaves; of other words it does not tell. */
  readonly values: Shown;
  /** What the stream says by itself. */
  readonly stream: readonly Reason[];
}

export function predictMove(
  group: RoundTripGroup,
  move: QemuMove,
  whole: Contract,
  { shown, whole: wholly = false, values, stream }: KnownBefore,
): QemuPrediction {
  const { departure, to } = move;
  const { registry, architecture } = group;
  const { contract, reasons: given } = asExported(group, move, whole, values);
  const { surface } = to.host;
  const left = departure.mode === 'exported' ? departure.from.host.surface : null;
  const words = new Set([...surface.words.keys(), ...contract.promises.map(({ word }) => word), ...contract.carries]);
  const profile = crossProfile(profileOf(departure.from.version), profileOf(to.version), architecture, words);
  const held = { values: Object.fromEntries([...values].filter(([word]) => contract.carries.includes(word))) };
  const kvm = check(registry, contract, surface, { ...held, ...(left === null ? {} : { from: left }) });
  const others = QEMU_VERSIONS.filter((version) => version !== to.version).map(profileOf);
  const layer = { registry, profile, others, contract, destination: surface, away: left, ...held };
  const verdict = underVmm(layer, kvm);
  const own = verdict.reasons.filter((reason) => !isMadeByItself(profile, contract, reason));
  const judged = shown === null ? own : withoutAsking(registry, profile, contract, shown, own);
  const read = shown === null || !wholly ? [] : readOtherwise(registry, profile, contract, shown, values, judged);
  const reasons = [
    ...stream,
    ...notInStream(registry, contract),
    ...judged,
    ...given,
    ...read,
    ...madeOtherwise(registry, departure.from.version, to.version, values),
  ];
  const shows = ({ level, word }: Reason): boolean => level === 'refused' || word === undefined || values.has(word);
  const bad = reasons.filter(({ level }) => isBad(level));
  return {
    level: worstOf(reasons, shows),
    kvm: worstOf(kvm.reasons, shows),
    beyond: bad.filter((reason) => !shows(reason)).length,
    reasons: bad.filter(shows).toSorted((a, b) => hiding(b) - hiding(a)),
  };
}

function hiding({ level }: Reason): number {
  return level === 'refused' ? LEVELS.length : LEVELS.indexOf(level);
}

function isBad(level: Level): boolean {
  return worse(level, 'selectable') !== 'selectable';
}

/** A load that fails anywhere shows nothing else: what is refused hides what would have been silent. */
function worstOf(reasons: readonly Reason[], shows: (reason: Reason) => boolean): Level {
  if (reasons.some(({ level }) => level === 'refused')) return 'refused';
  return reasons
    .filter((reason) => !isBad(reason.level) || shows(reason))
    .reduce<Level>((worst, { level }) => worse(worst, level), 'same');
}

/**
 * What the exporter says that guests of the one that is left do not get is not promised. Where the other one's do, or the
 * reverse, the guest finds it otherwise.
 */
function asExported(
  { registry, architecture }: RoundTripGroup,
  { departure: { mode, from }, to }: QemuMove,
  contract: Contract,
  values: Shown,
): { readonly contract: Contract; readonly reasons: readonly Reason[] } {
  if (mode !== 'exported') return { contract, reasons: [] };
  const machine = MACHINE[architecture].type;
  const profile = profileOf(to.version);
  // What is in the stream is written from there.
  const configured = contract.promises.filter(
    ({ word }) => rowFor(profile, architecture, word)?.saves === 'configured',
  );
  const given = { ...contract, promises: configured };
  const here = notGiven(registry, given, from.version, machine);
  const there = from.version === to.version ? here : notGiven(registry, given, to.version, machine);
  const reasons = configured.flatMap(({ word, width, value }) =>
    registry
      .elements(word, width)
      .filter(({ path }) => here.has(path) !== there.has(path))
      .flatMap((element): Reason[] => {
        const [promised, reads] = [extract(element, value), values.get(word)];
        if (reads === undefined) return [];
        const gives = here.has(element.path) ? from.version : to.version;
        const shows = here.has(element.path) ? promised : null;
        const text = `the guest reads ${hex(extract(element, reads))}; QEMU ${gives} cannot give it ${hex(promised)}, and the other can`;
        return [reasonOf(registry, word, element.path, { level: 'silent', rule: 'not-given', text, promised, shows })];
      }),
  );
  return { contract: withoutElements(registry, contract, new Set([...here, ...there])), reasons };
}

/** Words that follow from others, and are promised to nobody, as a guest with the same arguments was seen to read them there. */
function readOtherwise(
  registry: Registry,
  profile: VmmProfile,
  contract: Contract,
  shown: Shown,
  values: Shown,
  known: readonly Reason[],
): Reason[] {
  const judged = new Set(known.map(({ word }) => word));
  return [...values].flatMap(([word, promised]): Reason[] => {
    const shows = shown.get(word);
    const row = rowFor(profile, contract.architecture, word);
    if (shows === undefined || shows === promised || judged.has(word) || row?.saves !== 'configured') return [];
    const text = `the guest reads ${hex(promised)}; one with the same arguments reads ${hex(shows)} here`;
    return [reasonOf(registry, word, word, { level: 'silent', rule: 'not-asked-for', text, promised, shows })];
  });
}

function reasonOf(
  registry: Registry,
  word: WordPath,
  element: string,
  { level, rule, text, promised, shows }: Pick<Reason, 'level' | 'rule' | 'text' | 'promised' | 'shows'>,
): Reason {
  const area = registry.area(word);
  return { element, area, level, rule, text, promised, shows, evidence: null, setting: null, word, obstacle: 'vmm' };
}

/**
 * Where nobody asks for a value, what is not in the stream is what a fresh guest on the destination shows: a setting that
 * would help is not made.
 */
function withoutAsking(
  registry: Registry,
  profile: VmmProfile,
  contract: Contract,
  shown: Shown,
  reasons: readonly Reason[],
): readonly Reason[] {
  const asked = new Set(
    contract.promises.filter(({ word }) => isAsked(profile, contract, word)).map(({ word }) => word),
  );
  const kept = reasons.filter(({ word }) => word === undefined || !asked.has(word) || !shown.has(word));
  const compared = contract.promises.flatMap((promised) => {
    const value = shown.get(promised.word);
    return value === undefined || !asked.has(promised.word) ? [] : differing(registry, promised, value, reasons);
  });
  return [...kept, ...compared];
}

/**
 * It does not come with the stream, and is as the person, or KVM where nobody asks, makes it on this host. What QEMU makes by
 * itself is the same on every host.
 */
function isAsked(profile: VmmProfile, { architecture }: Contract, word: WordPath): boolean {
  const row = rowFor(profile, architecture, word);
  return row?.saves === 'configured' && row.selects.how !== 'itself';
}

/** Configured, and made by QEMU whatever the host shows. */
function isMadeByItself(profile: VmmProfile, { architecture }: Contract, { word, level }: Reason): boolean {
  const row = word === undefined ? null : rowFor(profile, architecture, word);
  return row?.saves === 'configured' && row.selects.how === 'itself' && level !== 'refused' && CPUID.test(word ?? '');
}

const CPUID = /^cpuid\//;

function differing(
  registry: Registry,
  { word, width, value, mask }: Promised,
  now: bigint,
  reasons: readonly Reason[],
): Reason[] {
  return registry.elements(word, width).flatMap((element): Reason[] => {
    if (!isPromised(element) || (fieldMask(element) & ~mask) !== 0n) return [];
    const [promised, shows] = [extract(element, value), extract(element, now)];
    if (promised === shows) return [];
    const known = reasons.find((reason) => reason.element === element.path);
    // What KVM or this QEMU refuses is refused, whoever asks.
    if (known !== undefined && known.level === 'refused') return [known];
    return [
      {
        element: element.path,
        area: registry.area(word),
        level: 'silent',
        rule: 'not-asked-for',
        text: `promised ${hex(promised)}; with these arguments a guest here shows ${hex(shows)}${known?.level === 'selectable' ? `; ${known.text}` : ''}`,
        promised,
        shows,
        evidence: known?.evidence ?? null,
        setting: null,
        word,
        obstacle: known?.level === 'selectable' ? 'vmm' : 'kvm',
      },
    ];
  });
}

/** What a guest shows with `-cpu host`, from the host's surface and the version's rows; null where nothing can be pinned. */
export function shownByDefault(group: RoundTripGroup, { host, version }: QemuPlace): Shown | null {
  const own = pinned(group, [host], {});
  if (!own.ok) return null;
  const { promises } = contractUnder(group.registry, profileOf(version), own.value);
  return new Map(promises.map(({ word, value }) => [word, value]));
}

/** The contract of a guest whose configuration is not known but by looking: what it read of it, on the host that it leaves. */
export function contractAsRead(
  group: RoundTripGroup,
  host: RoundTripHost,
  profile: VmmProfile,
  read: Shown,
): Contract | null {
  const own = pinned(group, [host], {});
  if (!own.ok) return null;
  const under = contractUnder(group.registry, profile, own.value);
  const promises = under.promises.map((promised): Promised => {
    const value = isAsked(profile, under, promised.word) ? read.get(promised.word) : undefined;
    return value === undefined ? promised : { ...promised, value };
  });
  return { ...under, promises };
}
