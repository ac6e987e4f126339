/** What every function of the lab is given: where to keep things, whom to tell, and when to stop. */
import { homedir } from 'node:os';
import { join } from 'node:path';

export interface LabContext {
  /** The cache directory; everything that the lab keeps is below it. */
  readonly cache: string;
  readonly signal?: AbortSignal;
  /** One line for people about what goes on: a download, a warning. */
  readonly notify: (notice: Notice) => void;
}

export interface Notice {
  readonly level: 'progress' | 'warning';
  readonly text: string;
}

/** `EVENKEEL_CACHE`, else `evenkeel` below `XDG_CACHE_HOME`, else below `~/.cache`. */
export function cacheDirectory(environment: NodeJS.ProcessEnv = process.env): string {
  const own = environment['EVENKEEL_CACHE'];
  if (own !== undefined && own !== '') return own;
  const shared = environment['XDG_CACHE_HOME'];
  return join(shared !== undefined && shared !== '' ? shared : join(homedir(), '.cache'), 'evenkeel');
}

export function labContext(options: Partial<LabContext> = {}): LabContext {
  return { cache: cacheDirectory(), notify: () => undefined, ...options };
}
