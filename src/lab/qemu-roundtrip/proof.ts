/** Campaigns as a document: `evenkeel.qemu-proof/1`. Pure. */
import { QEMU_PROOF_FORMAT } from '../../format/index.ts';
import type { QemuProofDocument, QemuProofMove, QemuProofNone, QemuProofUnlike } from '../../format/index.ts';
import { hex } from '../../model/index.ts';
import type { RoundTripGroup } from '../roundtrip/host.ts';
import { assessCampaign } from './assess.ts';
import type { AssessedMove, NotMoved, Unlike } from './assess.ts';
import type { QemuCampaign } from './campaign.ts';
import type { QemuMode, QemuPlace } from './plan.ts';

export const MODES_ABOUT: Readonly<Record<QemuMode, string>> = {
  host: '`-cpu host`, and nobody says more',
  named: 'a CPU model by name: EPYC on x86_64, neoverse-n1 on arm64',
  exported: 'the arguments of `contract export --qemu`, for a contract pinned for both kernels and both versions',
};

/** Reasons that are kept of a move. */
const KEPT = 4;

export async function qemuProofOf(
  campaigns: readonly QemuCampaign[],
  modes: readonly QemuMode[],
  qemus: QemuProofDocument['qemus'],
  recorded: Omit<QemuProofDocument['recorded'], 'boots' | 'remembered'>,
): Promise<QemuProofDocument> {
  const reasons = new Once<QemuProofDocument['reasons'][number]>();
  const said = new Once<string>();
  const observations = new Once<QemuProofDocument['observations'][number]>();
  const moves: QemuProofMove[] = [];
  const none: QemuProofNone[] = [];
  const unlike: QemuProofUnlike[] = [];
  const moveOf = (group: RoundTripGroup, assessed: AssessedMove): QemuProofMove => {
    const { move, prediction, observation, fault, words, milliseconds } = assessed;
    return {
      ...whichOf(group, move.departure),
      to: placeOf(move.to),
      predicted: prediction.level,
      kvm: prediction.kvm,
      beyond: prediction.beyond,
      reasons: prediction.reasons
        .slice(0, KEPT)
        .map(({ element, level, text, obstacle = null }) => reasons.number({ element, level, text, obstacle })),
      outcome: observation.outcome,
      said: observation.said.map((line) => said.number(line)),
      observed: observation.observed.map(({ word, text }) => observations.number({ word, text })),
      fault,
      disagreements: words.map(({ word, predicted, observed, text }) => ({
        word,
        predicted,
        observed: observed ? 'differs' : 'as-promised',
        text,
      })),
      text: observation.text,
      milliseconds,
    };
  };
  const noneOf = (group: RoundTripGroup, { departure, why, said: lines }: NotMoved): QemuProofNone => ({
    ...whichOf(group, departure),
    why,
    said: lines.map((line) => said.number(line)),
  });
  for (const campaign of campaigns) {
    const { group } = campaign.itinerary;
    const assessed = await assessCampaign(campaign);
    moves.push(...assessed.moves.map((each) => moveOf(group, each)));
    none.push(...assessed.notSaved.map((each) => noneOf(group, each)));
    none.push(...campaign.itinerary.impossible.map((each) => ({ ...whichOf(group, each), why: each.why, said: [] })));
    unlike.push(...unlikeOf(group, assessed.unlike));
  }
  const sum = (of: (each: QemuCampaign) => number): number => campaigns.reduce((total, each) => total + of(each), 0);
  return {
    format: QEMU_PROOF_FORMAT,
    recorded: { ...recorded, boots: sum(({ boots }) => boots), remembered: sum(({ remembered }) => remembered) },
    hosts: campaigns.flatMap(({ itinerary: { group } }) =>
      group.hosts.map(({ kernel, release, surface }) => ({
        architecture: group.architecture,
        cpu: group.cpu,
        kernel,
        release,
        fingerprint: surface.fingerprint,
      })),
    ),
    qemus,
    modes: modes.map((mode) => ({ mode, about: MODES_ABOUT[mode] })),
    reasons: reasons.all,
    said: said.all,
    observations: observations.all,
    moves,
    none,
    unlike,
  };
}

/** Gives equal things one number. */
class Once<T> {
  readonly all: T[] = [];
  readonly #numbers = new Map<string, number>();

  number(thing: T): number {
    const key = JSON.stringify(thing);
    const known = this.#numbers.get(key);
    if (known !== undefined) return known;
    this.#numbers.set(key, this.all.length);
    return this.all.push(thing) - 1;
  }
}

function whichOf(
  { architecture, cpu }: RoundTripGroup,
  { mode, from }: { readonly mode: QemuMode; readonly from: QemuPlace },
): Pick<QemuProofMove, 'architecture' | 'cpu' | 'mode' | 'from'> {
  return { architecture, cpu, mode, from: placeOf(from) };
}

function placeOf({ host, version }: QemuPlace): QemuProofMove['from'] {
  return { kernel: host.kernel, qemu: version };
}

function unlikeOf({ architecture }: RoundTripGroup, all: readonly Unlike[]): QemuProofUnlike[] {
  const alike = Map.groupBy(
    all,
    ({ departure, element, promised, reads }) =>
      `${departure.mode} ${departure.from.version} ${element} ${promised} ${reads}`,
  );
  return [...alike.values()].flatMap((same): QemuProofUnlike[] => {
    const [first] = same;
    if (first === undefined) return [];
    const { departure, element, promised, reads } = first;
    const values = { promised: hex(promised), reads: hex(reads) };
    return [
      { architecture, mode: departure.mode, qemu: departure.from.version, element, ...values, guests: same.length },
    ];
  });
}
