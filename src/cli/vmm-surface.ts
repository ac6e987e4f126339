/** VMM surfaces as a person names them: a file, `-`, or a recorded one. */
import { existsSync } from 'node:fs';
import { string } from '@optique/core/valueparser';
import type { ValueParser } from '@optique/core/valueparser';
import { describeDocumentError, readDocument, vmmFingerprint } from '../format/index.ts';
import { err, ok } from '../model/index.ts';
import type { Result, VmmSurface } from '../model/index.ts';
import { EXIT, failure } from './exit.ts';
import type { Failure } from './exit.ts';
import { recordedVmms } from './recorded.ts';
import type { Terminal } from './terminal.ts';

/** Completed in shells. */
export function vmmSurfaceName(): ValueParser<'sync', string> {
  return {
    ...string({ metavar: 'VMM' }),
    *suggest(prefix) {
      for (const { name } of recordedVmms()) if (name.startsWith(prefix)) yield { kind: 'literal', text: name };
      yield { kind: 'file', type: 'file', extensions: ['.json'] };
    },
  };
}

/** A file of that name comes before a recorded one. */
export async function loadVmmSurface(name: string, terminal: Terminal): Promise<Result<VmmSurface, Failure>> {
  const recorded = existsSync(name) ? undefined : recordedVmms().find((candidate) => candidate.name === name);
  const read = await readDocument(recorded?.path ?? name);
  if (!read.ok) {
    const advice = `Recorded ones: evenkeel qemu list; one of your own: evenkeel qemu probe --write FILE`;
    return err(failure(EXIT.input, describeDocumentError(read.error), advice));
  }
  if (read.value.kind !== 'vmm-surface') {
    const advice = 'evenkeel qemu probe --write FILE makes one.';
    return err(failure(EXIT.input, `${name}: this is no VMM surface`, advice));
  }
  const { surface } = read.value;
  if (vmmFingerprint(surface) !== surface.fingerprint) {
    terminal.note(
      `${name}: the fingerprint is not that of the content; the file was edited, or recorded by another version`,
    );
  }
  return ok(surface);
}
