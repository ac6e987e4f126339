/** A recording against the file that was there: one that says the same is left as it is, with its date. */
import { mkdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { writeWhole } from '../format/index.ts';
import { err, ok } from '../model/index.ts';
import type { Result } from '../model/index.ts';
import { fileError, labError } from './error.ts';
import type { LabError } from './error.ts';

export type Compared = 'new' | 'same' | 'different';

/** Writes `text` where the file does not have this fingerprint yet. */
export function writeRecording(path: string, fingerprint: string, text: string): Result<Compared, LabError> {
  const before = fingerprintOf(path);
  if (before === fingerprint) return ok('same');
  try {
    mkdirSync(dirname(path), { recursive: true });
  } catch (error) {
    return err(fileError(`cannot write ${path}`, error));
  }
  const written = writeWhole(path, text);
  if (!written.ok) return err(labError('no-space', `cannot write ${path}: ${written.error.message}`));
  return ok(before === null ? 'new' : 'different');
}

/** What the file says of itself, or null where there is none that can be read. */
function fingerprintOf(path: string): string | null {
  try {
    const value: unknown = JSON.parse(readFileSync(path, 'utf8'));
    const told = typeof value === 'object' && value !== null && 'fingerprint' in value ? value.fingerprint : null;
    return typeof told === 'string' ? told : null;
  } catch {
    return null;
  }
}
