/**
 * What a destination (a host's surface, and the VMM on it) does with a migration stream, from the stream alone: what it
 * refuses, what it loads and then drops or ignores without a word. Pure but for the reading of the stream's fields.
 */
import { DEFAULT_VCPU, dataOf } from '../../../arch/arm64/read-sections.ts';
import type { VcpusSection } from '../../../arch/arm64/sections.ts';
import { measure, registryFor } from '../../../arch/index.ts';
import { check, rowFor, underVmm } from '../../../engine/index.ts';
import { LEVELS, err, ok, worse } from '../../../model/index.ts';
import type {
  Architecture,
  Level,
  MeasuredSurface,
  Reason,
  Result,
  Surface,
  VmmProfile,
} from '../../../model/index.ts';
import type { QemuStream } from '../stream/index.ts';
import { contractOf } from './contract.ts';
import type { StreamFinding, StreamVerdict } from './model.ts';
import { vcpusOf } from './registers.ts';
import type { StreamedRegister, VcpuRegisters } from './registers.ts';
import { judgeSections } from './sections.ts';
import type { Program } from './sections.ts';

export interface StreamDestination {
  readonly surface: Surface;
  readonly profile: VmmProfile;
  readonly program: Program;
  /** arm64: the vCPU features that it is started with there, as the surface names them; without it all but EL2. */
  readonly vcpu?: string;
}

export interface StreamJudgementError {
  readonly code: 'architecture' | 'no-architecture';
  readonly message: string;
}

export function judgeStream(
  stream: QemuStream,
  { surface, profile, program, vcpu }: StreamDestination,
): Result<StreamVerdict, StreamJudgementError> {
  const { architecture } = stream;
  if (architecture === null) {
    const message =
      'nothing in the stream says of which architecture its vCPUs are: it has no description of its sections';
    return err({ code: 'no-architecture', message });
  }
  if (architecture !== surface.architecture) {
    const message = `the stream is of ${architecture}, and the destination of ${surface.architecture}`;
    return err({ code: 'architecture', message });
  }
  const possible = vcpu === undefined ? possibleVcpus(surface, profile) : [];
  // A VMM that has no way to a feature starts the guest without it: QEMU 5.2 and pointer authentication.
  const [first, ...others] = possible;
  const destination = first ?? measure(surface, vcpu === undefined ? {} : { vcpu });
  const sections = judgeSections(stream, program, destination);
  const vcpus = vcpusOf(stream);
  const registers = vcpus.flatMap((each) => ofVcpu(each, destination, profile, others));
  const rank = ({ level }: StreamFinding): number => LEVELS.indexOf(level);
  const findings = [...sections.findings, ...registers].toSorted((a, b) => rank(b) - rank(a) || a.offset - b.offset);
  return ok({
    level: findings.reduce<Level>((worst, { level }) => worse(worst, level), 'same'),
    findings,
    judged: {
      sections: stream.sections.length - sections.undescribed.length,
      undescribed: sections.undescribed,
      subsections: sections.subsections,
      vcpus: vcpus.length,
      registers: vcpus.reduce((sum, vcpu) => sum + vcpu.registers.size, 0),
    },
    caveats: caveatsOf(stream, program, vcpus.length),
  });
}

/**
 * arm64: the destination with each vCPU that was recorded and that this VMM can start without being asked for EL2; that with
 * every feature comes first. Empty where that is the only one to be judged on.
 */
function possibleVcpus(surface: Surface, profile: VmmProfile): MeasuredSurface[] {
  if (surface.architecture !== 'arm64') return [];
  const section = dataOf<VcpusSection>(surface, 'vcpus');
  const isGiven = (feature: string): boolean =>
    rowFor(profile, surface.architecture, `vcpu/${feature}`)?.selects.how !== 'never';
  return (section?.combinations ?? [])
    .filter(({ name, outcome, features }) => outcome === 'created' && !name.includes('el2') && features.every(isGiven))
    .toSorted((a, b) => Number(b.name === DEFAULT_VCPU) - Number(a.name === DEFAULT_VCPU))
    .map(({ name }) => measure(surface, { vcpu: name }));
}

function ofVcpu(
  vcpu: VcpuRegisters,
  destination: MeasuredSurface,
  profile: VmmProfile,
  others: readonly MeasuredSurface[],
): StreamFinding[] {
  const reasons = reasonsOn(vcpu, destination, profile);
  if (reasons.length === 0) return [];
  const elsewhere = others.map((measured): Elsewhere => {
    const against = reasonsOn(vcpu, measured, profile).map((each) => [each.element, each] as const);
    return { measured, against: new Map(against) };
  });
  return reasons.flatMap((reason) => {
    const register = vcpu.registers.get(reason.word ?? reason.element);
    // Of what the destination has beyond the stream's registers, the stream says nothing.
    if (register === undefined) return [];
    const kept = hasEveryFeature(destination)
      ? ofEveryFeature(reason, elsewhere)
      : ofSomeFeatures(reason, register.word, [
          { measured: destination, against: new Map([[reason.element, reason]]) },
          ...elsewhere,
        ]);
    return kept === null ? [] : [findingOf(vcpu.instance, register, kept)];
  });
}

/** The destination with another vCPU, and what stands against the stream there, by element. */
interface Elsewhere {
  readonly measured: MeasuredSurface;
  readonly against: ReadonlyMap<string, Reason>;
}

/** Of registers that are not listed, restores were tried on that vCPU alone. */
function hasEveryFeature({ restores }: MeasuredSurface): boolean {
  return restores !== undefined;
}

/** What stands against every feature, and not against fewer, is a matter of the destination's arguments. */
function ofEveryFeature(reason: Reason, elsewhere: readonly Elsewhere[]): Reason {
  return elsewhere.every(({ against }) => against.has(reason.element)) ? reason : withFeatures(reason);
}

/**
 * A vCPU with every feature that this VMM can ask for was not recorded, only some with a few of them each: those that have
 * the register count, and what one of them has nothing against, the VMM's own has not either.
 */
function ofSomeFeatures(reason: Reason, word: string, vcpus: readonly Elsewhere[]): Reason | null {
  const having = vcpus.filter(({ measured }) => measured.words.has(word));
  const found = having.map(({ against }) => against.get(reason.element) ?? null);
  if (found.includes(null)) return null;
  return (
    found.reduce<Reason | null>((least, each) => {
      if (least === null || each === null) return least ?? each;
      return worse(least.level, each.level) === least.level ? each : least;
    }, null) ?? reason
  );
}

/** It is as it was saved on a vCPU with other features: the features that the guest had have to be asked for there. */
function withFeatures(reason: Reason): Reason {
  const text = `${reason.text}; not so on a vCPU with fewer features: the destination has to be started with those that the guest had`;
  return { ...reason, level: 'selectable', text };
}

function reasonsOn(vcpu: VcpuRegisters, destination: MeasuredSurface, profile: VmmProfile): readonly Reason[] {
  const { architecture } = destination;
  const registry = registryFor(architecture);
  const contract = contractOf(registry, architecture, vcpu, destination);
  const held = { values: contract.values ?? {} };
  const verdict = check(registry, contract, destination, held);
  const { reasons } = underVmm({ registry, profile, contract, destination, away: null, ...held }, verdict);
  return reasons.filter((reason) => !isWritten(profile, architecture, reason));
}

/** What has to be selected so that the guest sees it, and is in the stream: the VMM writes it without being asked. */
function isWritten(profile: VmmProfile, architecture: Architecture, { level, word }: Reason): boolean {
  if (level !== 'selectable' || word === undefined) return false;
  return rowFor(profile, architecture, word)?.selects.how === 'itself';
}

function findingOf(
  instance: number,
  { word, value, offset, subsection }: StreamedRegister,
  reason: Reason,
): StreamFinding {
  const { level, text } = reason;
  const element = reason.element === word ? '' : `${reason.element.slice(word.length + 1)}: `;
  return {
    level,
    rule: 'register',
    section: 'cpu',
    instance,
    subsection,
    offset,
    word,
    value,
    text: `${element}${text}`,
  };
}

function caveatsOf({ sections, architecture }: QemuStream, { name, dump }: Program, vcpus: number): string[] {
  const caveats: string[] = [];
  if (vcpus === 0)
    caveats.push('no register of a vCPU could be read from it: what the destination does with them is not known');
  if (dump === null) caveats.push(`there is no dump of ${name}: sections of devices are not held against it`);
  const undecoded = sections.filter(({ kind, state }) => kind === 'full' && state === null).map(({ id }) => id);
  if (undecoded.length > 0) caveats.push(`sections that nothing describes: ${undecoded.join(', ')}`);
  if (architecture === 'x86_64') {
    caveats.push('CPUID and feature MSRs are not in a stream: what the guest saw there, only its contract says');
  }
  return caveats;
}
