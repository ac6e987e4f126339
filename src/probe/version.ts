/** Evenkeel's own version, as its package says: part of every recording. */
import { readFileSync } from 'node:fs';

export function evenkeelVersion(): string {
  // From src/probe and from dist/probe the package is two folders up.
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  const parsed: unknown = JSON.parse(text);
  const named = typeof parsed === 'object' && parsed !== null && 'version' in parsed ? parsed.version : undefined;
  if (typeof named !== 'string') throw new Error('package.json names no version');
  return named;
}
