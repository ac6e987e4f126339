/**
 * Conformance: whether a kernel keeps KVM's contract towards guests of another kernel on the same CPU. The clauses are
 * those of the expectation that KVM's maintainers wrote down in May 2026 (Documentation/virt/kvm/api.rst, section 3, as
 * proposed on kvmarm on 2026-05-11), and those points of review-checklist.rst that can be measured.
 */
import type { ElementPath, Kind, Level, Setting, WordPath } from '../../model/index.ts';

export const CLAUSES = [
  'state-sufficient',
  'previous-selectable',
  'new-off-or-maskable',
  'old-state-restorable',
  'rollback-possible',
  'off-by-default',
  'discoverable',
] as const;

export type Clause = (typeof CLAUSES)[number];

/** Points of the kernel's review checklist, numbered as the proposal of May 2026 numbers them. */
export const CHECKLIST: readonly {
  readonly point: number;
  readonly says: string;
  readonly clauses: readonly Clause[];
}[] = [
  { point: 5, says: 'new features default to off', clauses: ['off-by-default'] },
  {
    point: 6,
    says: 'guest-visible changes do not break migration compatibility',
    clauses: ['previous-selectable', 'new-off-or-maskable', 'old-state-restorable', 'rollback-possible'],
  },
  {
    point: 7,
    says: 'features are discoverable through KVM_GET_SUPPORTED_CPUID or its equivalent',
    clauses: ['discoverable'],
  },
];

export const CLAUSE_TEXT: Readonly<Record<Clause, string>> = {
  'state-sufficient': 'what the ioctls save and restore is all that a guest needs to go on as it was',
  'previous-selectable': 'where a guest sees another value, the one before can be selected',
  'new-off-or-maskable': 'what is new is off, or can be hidden from a guest',
  'old-state-restorable': 'state saved on the kernel before is taken',
  'rollback-possible': 'a guest kept at the machine before can be saved here and go back',
  'off-by-default': 'what is new is off until userspace asks for it',
  discoverable: 'what is new is announced by KVM, and not found by trying alone',
};

/** `unknown` is never counted as kept. */
export type Answer = 'kept' | 'broken' | 'unknown';

export interface Finding {
  readonly clause: Clause;
  readonly answer: Answer;
  /** One sentence: what was measured. */
  readonly text: string;
  /** What selects the previous behaviour, where that is the answer. */
  readonly setting: Setting | null;
}

/** How an element changed from the kernel before to the kernel under test. */
export type What =
  | 'changed'
  /** The element is there on one of them only. */
  | 'appeared'
  | 'disappeared'
  /** Same default; values that could be selected before no longer can. */
  | 'narrowed'
  /** Same default; more values can be selected, and KVM does not say so. */
  | 'widened'
  /** Not seen, because one surface does not have that part; or known from KVM's sources and shown by no element. */
  | 'not-measured';

export interface Change {
  readonly element: ElementPath;
  readonly word: WordPath;
  /** The part of the machine. */
  readonly area: string;
  readonly kind: Kind | null;
  readonly what: What;
  readonly description: string;
  /** By default; null where it is not there or was not measured. */
  readonly before: bigint | null;
  readonly after: bigint | null;
  readonly findings: readonly Finding[];
  /** Why a running guest is not hurt in either direction: the change is listed and not counted. */
  readonly harmless: string | null;
  /** Known changes of KVM that speak of it, by id. */
  readonly known: readonly string[];
  /** JSON pointers into the two surfaces. */
  readonly evidence: { readonly before: string | null; readonly after: string | null };
}

export interface ClauseResult {
  readonly clause: Clause;
  readonly answer: Answer;
  /** What was found, by answer; harmless changes are not counted, units of state that both kernels have are kept. */
  readonly kept: number;
  readonly broken: number;
  readonly unknown: number;
}

export interface Conformance {
  readonly clauses: readonly ClauseResult[];
  /** Guest-visible changes, those that break a clause first. */
  readonly changes: readonly Change[];
  /** Elements that a guest sees by default as before, and that can be set to more than before. */
  readonly widened: number;
  /** State whose value in a fresh guest differs: a restored guest brings its own. */
  readonly resetValues: readonly WordPath[];
  readonly caveats: readonly string[];
}

/** The level of a move's reason as the answer to a clause. */
export function answerOf(level: Level): Answer {
  switch (level) {
    case 'same':
    case 'selectable':
      return 'kept';
    case 'unknown':
      return 'unknown';
    case 'refused':
    case 'lost':
    case 'silent':
      return 'broken';
  }
}

/** The worse of two answers. */
export function worseAnswer(a: Answer, b: Answer): Answer {
  const rank = { kept: 0, unknown: 1, broken: 2 } as const;
  return rank[a] >= rank[b] ? a : b;
}
