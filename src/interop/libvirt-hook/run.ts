/** The hook's work from its files to an exit status: what both the installed script and `evenkeel libvirt hook` run. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readHost } from '../../probe/steps/host.ts';
import { decide } from './decide.ts';
import type { Decision, Policy } from './decide.ts';
import { readAnswersFile } from './read.ts';
import { ANSWERS_FILE } from './settings.ts';

export interface Call {
  readonly guest: string;
  readonly operation: string;
  /** Of contracts and answers. */
  readonly directory: string;
  readonly policy: Policy;
}

/** Reads the domain's XML from standard input, to its end. */
export function answerCall({ guest, operation, directory, policy }: Call): Decision {
  const xml = readFileSync(0, 'utf8');
  return decide({ guest, operation, xml }, policy, readAnswersFile(join(directory, ANSWERS_FILE)), readHost());
}
