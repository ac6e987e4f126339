/** What a destination does with a stream: section by section, subsection by subsection, register by register. */
import type { Level, WordPath } from '../../../model/index.ts';

/** Stable codes of what decided. */
export type StreamRule =
  | 'machine-unknown'
  | 'section-unknown'
  | 'section-version-too-new'
  | 'section-version-too-old'
  | 'subsection-unknown'
  | 'subsection-version-too-new'
  | 'subsection-version-too-old'
  | 'capability-missing'
  | 'register';

export interface StreamFinding {
  readonly level: Level;
  readonly rule: StreamRule;
  readonly section: string;
  readonly instance: number;
  readonly subsection: string | null;
  /** Of the register's value, else of the section or subsection; bytes from the start of the stream. */
  readonly offset: number;
  /** For `register`. */
  readonly word: WordPath | null;
  readonly value: bigint | null;
  /** One sentence for people: what the load does about it. */
  readonly text: string;
}

export interface StreamVerdict {
  readonly level: Level;
  /** Worst first; what is the same is left out. */
  readonly findings: readonly StreamFinding[];
  /** How much was held against what: what no finding is about loads as far as is known. */
  readonly judged: StreamJudged;
  readonly caveats: readonly string[];
}

export interface StreamJudged {
  readonly sections: number;
  /** Sections that no dump of that version describes; what they are loaded into is not known. */
  readonly undescribed: readonly string[];
  readonly subsections: number;
  readonly vcpus: number;
  /** Of all vCPUs. */
  readonly registers: number;
}
