/** A QEMU proof counted and sorted, for tables on a terminal and in docs/proof.md. Pure. */
import type { QemuProofDocument, QemuProofMode, QemuProofMove } from '../../format/index.ts';
import { LEVELS, ROUND_TRIP_OUTCOMES } from '../../model/index.ts';
import type { Confusion } from '../roundtrip/summary.ts';

export function qemuConfusion(moves: readonly QemuProofMove[]): Confusion {
  const outcomes = ROUND_TRIP_OUTCOMES.filter((outcome) => moves.some((move) => move.outcome === outcome));
  const rows = LEVELS.filter((level) => moves.some(({ predicted }) => predicted === level)).map((predicted) => ({
    predicted,
    counts: outcomes.map(
      (outcome) => moves.filter((move) => move.predicted === predicted && move.outcome === outcome).length,
    ),
  }));
  return { outcomes, rows };
}

/** Moves of one kind: how many, what came of them, how many as predicted. */
export interface Tallied {
  readonly moves: number;
  readonly identical: number;
  readonly refused: number;
  readonly differs: number;
  readonly hung: number;
  readonly agree: number;
}

export function tallied(moves: readonly QemuProofMove[]): Tallied {
  const count = (outcome: QemuProofMove['outcome']): number => moves.filter((move) => move.outcome === outcome).length;
  return {
    moves: moves.length,
    identical: count('identical'),
    refused: count('refused'),
    differs: count('differs'),
    hung: count('hung'),
    agree: moves.filter(({ fault, outcome }) => fault === null && outcome !== 'lost').length,
  };
}

/** `debian:6.12 10.0 to debian:6.1 10.0`, whatever the mode. */
export function routeOf({ from, to }: QemuProofMove): string {
  return `${from.kernel} ${from.qemu} to ${to.kernel} ${to.qemu}`;
}

/** Routes on which every mode was tried: how many of them each mode came through unchanged. */
export interface Compared {
  readonly architecture: string;
  readonly cpu: string;
  /** What changes on the way. */
  readonly change: 'nothing' | 'the kernel' | 'QEMU' | 'both';
  readonly routes: number;
  readonly identical: Readonly<Partial<Record<QemuProofMode, number>>>;
}

export function comparedModes({ moves, modes }: QemuProofDocument): readonly Compared[] {
  const groups = Map.groupBy(moves, (move) => `${move.architecture} ${move.cpu} ${changeOf(move)}`);
  return [...groups.values()].flatMap((same): Compared[] => {
    const [first] = same;
    if (first === undefined) return [];
    const tried = modes.map(({ mode }) => mode).filter((mode) => same.some((move) => move.mode === mode));
    const routes = Map.groupBy(same, routeOf);
    const shared = [...routes.values()].filter((of) => tried.every((mode) => of.some((move) => move.mode === mode)));
    const identical = Object.fromEntries(
      tried.map((mode) => [
        mode,
        shared.filter((of) => of.some((move) => move.mode === mode && move.outcome === 'identical')).length,
      ]),
    );
    const { architecture, cpu } = first;
    return [{ architecture, cpu, change: changeOf(first), routes: shared.length, identical }];
  });
}

function changeOf({ from, to }: QemuProofMove): Compared['change'] {
  if (from.kernel === to.kernel) return from.qemu === to.qemu ? 'nothing' : 'QEMU';
  return from.qemu === to.qemu ? 'the kernel' : 'both';
}

/** Moves whose guest QEMU would not have, and KVM alone would have kept as it was. */
export function refusedByQemu(moves: readonly QemuProofMove[]): readonly QemuProofMove[] {
  return moves.filter(({ outcome, kvm }) => outcome === 'refused' && LEVELS.indexOf(kvm) <= LEVELS.indexOf('unknown'));
}

/** The one command that does a move again. */
export function qemuCommandOf({ architecture, cpu, mode, from, to }: QemuProofMove): string {
  return [
    `evenkeel lab qemu-roundtrip --from ${from.kernel} --to ${to.kernel} --arch ${architecture}`,
    `--cpu ${cpu}`,
    `--qemu ${from.qemu}`,
    ...(from.qemu === to.qemu ? [] : [`--to-qemu ${to.qemu}`]),
    `--cpu-mode ${mode}`,
  ].join(' ');
}

/** True where everything was as predicted, of the whole and of each word. */
export function qemuAgrees({ moves }: QemuProofDocument): boolean {
  return moves.every(
    ({ outcome, fault, disagreements }) => outcome !== 'lost' && fault === null && disagreements.length === 0,
  );
}
