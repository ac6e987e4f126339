/**
 * `check` for many contracts on many surfaces: the same units, judged by the same functions, each distinct one once in
 * each distinct situation. A level is then an OR over some 20 bytes; a verdict joins reasons that are already there.
 */
import type { Contract, Level, MeasuredSurface, Registry, Verdict } from '../../model/index.ts';
import { judgeComparable } from '../area-units.ts';
import { caveatsOf } from '../check.ts';
import { speaksOf, unitsOf } from '../unit.ts';
import type { CheckOptions, Spoken } from '../unit.ts';
import type { Block, CompiledContract, CompiledSurface } from './compiled.ts';
import { FlagTable, UNJUDGED, flagsOf, levelOf } from './flags.ts';
import { Interner } from './interner.ts';
import { areasOf, kinOfContract, kinOfSurface } from './situation.ts';
import { Units, judgeKnown } from './units.ts';
import type { CompiledUnit } from './units.ts';
import { verdictOf } from './verdict.ts';
import { Words, groupOf } from './words.ts';

export class CompiledEngine {
  readonly #registry: Registry;
  readonly #words: Words;
  readonly #units: Units;
  readonly #areas = new Interner();
  readonly #surfaceKin = new Interner();
  readonly #contractKin = new Map<string, FlagTable>();
  readonly #blocks = new Map<string, Block>();

  constructor(registry: Registry) {
    this.#registry = registry;
    this.#words = new Words(registry);
    this.#units = new Units((path) => this.#words.numberOf(path));
  }

  /** Compiling all before the first check is fastest: a word that comes later is added to every one when it is used. */
  contract(contract: Contract, options: CheckOptions = {}): CompiledContract {
    const units: number[] = [];
    const gained: number[] = [];
    let [spoken, areas]: [Spoken | null, CompiledUnit | null] = [null, null];
    for (const unit of unitsOf(this.#registry, contract, options)) {
      if (unit.kind === 'additions') {
        spoken = unit.spoken;
        continue;
      }
      const compiled = this.#units.intern(unit);
      if (unit.kind === 'areas') areas = compiled;
      (spoken === null ? units : gained).push(compiled.id);
    }
    if (spoken === null || areas === null) throw new Error('every contract has areas and additions');
    return {
      contract,
      refused: options.from === undefined ? null : judgeComparable(this.#registry, contract, options.from),
      caveats: caveatsOf(contract, options),
      spoken,
      units: Uint32Array.from(units),
      gained: Uint32Array.from(gained),
      areas,
      kin: this.#kinOf(contract),
      blocks: [],
      speaks: new Uint8Array(0),
    };
  }

  surface(surface: MeasuredSurface): CompiledSurface {
    for (const path of surface.words.keys()) this.#words.numberOf(path);
    const kin = kinOfSurface(this.#registry, surface) ?? `surface ${this.#surfaceKin.size}`;
    return {
      surface,
      areas: this.#areas.numberOf(areasOf(surface)),
      kin: this.#surfaceKin.numberOf(kin),
      situations: new Uint32Array(0),
      groups: new Uint32Array(0),
      judged: [],
      additions: null,
    };
  }

  /** The level of `check`, alone. */
  level(contract: CompiledContract, surface: CompiledSurface): Level {
    return levelOf(this.#flags(contract, surface));
  }

  /** What `check` gives. Verdicts share their reasons. */
  check(contract: CompiledContract, surface: CompiledSurface): Verdict {
    this.#complete(contract, surface);
    const incomparable =
      contract.refused ??
      (this.#incomparable(contract, surface) === 0
        ? null
        : judgeComparable(this.#registry, contract.contract, surface.surface));
    return verdictOf(this.#registry, this.#words, this.#units, contract, surface, incomparable);
  }

  /** Every contract on every surface, row by row: indices into `LEVELS`. */
  matrix(contracts: readonly CompiledContract[], surfaces: readonly CompiledSurface[]): Uint8Array {
    const levels = new Uint8Array(contracts.length * surfaces.length);
    let at = 0;
    for (const contract of contracts) {
      for (const surface of surfaces) levels[at++] = 31 - Math.clz32(this.#flags(contract, surface) | 1);
    }
    return levels;
  }

  #flags(contract: CompiledContract, surface: CompiledSurface): number {
    if (contract.refused !== null) return flagsOf([contract.refused]);
    this.#complete(contract, surface);
    const incomparable = this.#incomparable(contract, surface);
    if (incomparable !== 0) return incomparable;
    let flags = contract.areas.flags.get(surface.areas);
    if (flags === UNJUDGED) flags = this.#judge(contract.areas, surface, surface.areas);
    const { blocks } = contract;
    const { groups } = surface;
    for (let group = 0; group < blocks.length; group++) {
      const block = blocks[group];
      const at = groups[group];
      if (block === undefined || at === undefined) throw new Error('a contract and a surface of different engines');
      const known = block.flags.get(at);
      flags |= known === UNJUDGED ? this.#judgeBlock(block, surface, at) : known;
    }
    return flags;
  }

  #judge({ unit, flags }: CompiledUnit, { surface }: CompiledSurface, at: number): number {
    return flags.set(at, flagsOf(judgeKnown(this.#registry, unit, surface)));
  }

  #judgeBlock(block: Block, surface: CompiledSurface, at: number): number {
    let flags = 0;
    for (const unit of block.units) {
      const situation = surface.situations[unit.word ?? 0] ?? 0;
      const known = unit.flags.get(situation);
      flags |= known === UNJUDGED ? this.#judge(unit, surface, situation) : known;
    }
    return block.flags.set(at, flags);
  }

  #kinOf(contract: Contract): FlagTable {
    const kin = kinOfContract(this.#registry, contract) ?? `contract ${this.#contractKin.size}`;
    const known = this.#contractKin.get(kin) ?? new FlagTable();
    this.#contractKin.set(kin, known);
    return known;
  }

  /** 0 where the two compare. */
  #incomparable({ contract, kin }: CompiledContract, { surface, kin: at }: CompiledSurface): number {
    const known = kin.get(at);
    if (known !== UNJUDGED) return known;
    const why = judgeComparable(this.#registry, contract, surface);
    return kin.set(at, why === null ? 0 : flagsOf([why]));
  }

  /** Words that became known since the two were compiled. */
  #complete(contract: CompiledContract, surface: CompiledSurface): void {
    const { size } = this.#words;
    if (surface.situations.length !== size) {
      surface.situations = this.#words.situationsOf(surface.surface, surface.situations);
      surface.groups = this.#words.groupsOf(surface.situations);
    }
    if (contract.speaks.length !== size) this.#extend(contract, size);
  }

  #extend(contract: CompiledContract, size: number): void {
    const first = groupOf(contract.speaks.length);
    const speaks = new Uint8Array(size);
    const groups: CompiledUnit[][] = Array.from({ length: groupOf(size - 1) + 1 - first }, () => []);
    for (const id of [...contract.units, ...contract.gained]) {
      const unit = this.#units.at(id);
      if (unit.word !== null) groups[groupOf(unit.word) - first]?.push(unit);
    }
    for (let word = 0; word < size; word++) {
      const path = this.#words.pathOf(word);
      speaks[word] = speaksOf(this.#registry, contract.spoken, path) ? 1 : 0;
      if (speaks[word] === 0) groups[groupOf(word) - first]?.push(this.#units.intern({ kind: 'addition', path }));
    }
    contract.speaks = speaks;
    for (const [at, units] of groups.entries()) contract.blocks[first + at] = this.#block(first + at, units);
  }

  /** Blocks of different groups are never the same, even where both are empty: their tables are by group. */
  #block(group: number, units: readonly CompiledUnit[]): Block {
    const key = `${group}: ${units
      .map(({ id }) => id)
      .toSorted((a, b) => a - b)
      .join(' ')}`;
    const known = this.#blocks.get(key) ?? { units, flags: new FlagTable() };
    this.#blocks.set(key, known);
    return known;
  }
}
