/** What contracts and surfaces are compiled to: numbers into tables that one `CompiledEngine` shares among all of them. */
import type { Contract, MeasuredSurface, Reason } from '../../model/index.ts';
import type { Findings } from '../finding.ts';
import type { Spoken } from '../unit.ts';
import type { FlagTable } from './flags.ts';
import type { CompiledUnit } from './units.ts';

/** What contracts that have the same units of the same 32 words share. */
export interface Block {
  readonly units: readonly CompiledUnit[];
  /** By the number of what a surface has of those words. */
  readonly flags: FlagTable;
}

export interface CompiledContract {
  readonly contract: Contract;
  /** The host that the guest leaves is not comparable with the contract: every check gives this. */
  readonly refused: Findings | null;
  readonly caveats: readonly string[];
  readonly spoken: Spoken;
  /** Ids of units in the order of the engine, without additions: before them and after them. */
  readonly units: Uint32Array;
  readonly gained: Uint32Array;
  readonly areas: CompiledUnit;
  /** By kin of surfaces: 0 where they compare, else the level of that. */
  readonly kin: FlagTable;
  /** By group of words. */
  readonly blocks: Block[];
  /** By word: 1 where the contract speaks of it, so that it is no addition. */
  speaks: Uint8Array;
}

/** What a unit gives on one surface. */
export interface Judged {
  readonly same: number;
  readonly reasons: readonly Reason[];
}

export interface CompiledSurface {
  readonly surface: MeasuredSurface;
  /** Numbers of what decides about areas, and about whether contracts compare. */
  readonly areas: number;
  readonly kin: number;
  /** By word: the number of its situation. */
  situations: Uint32Array;
  /** By group of words: the number of the situations of all of them. */
  groups: Uint32Array;
  /** By unit; filled when reasons are first asked for. */
  readonly judged: (Judged | undefined)[];
  /** What each of its words gives where a contract does not speak of it; null until reasons are asked for. */
  additions: readonly (readonly [word: number, judged: Judged])[] | null;
}
