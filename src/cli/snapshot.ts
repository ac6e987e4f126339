/** What the commands about snapshots share: opening one, and its name as an argument. */
import type { ValueParser } from '@optique/core/valueparser';
import { string } from '@optique/core/valueparser';
import { describeDocumentError } from '../format/index.ts';
import type { DocumentError } from '../format/index.ts';
import { err } from '../model/index.ts';
import type { Result } from '../model/index.ts';
import { openSnapshot } from '../snapshot/file/index.ts';
import type { SnapshotFile } from '../snapshot/file/index.ts';
import { EXIT, failure } from './exit.ts';
import type { Failure } from './exit.ts';

/** A snapshot's file. Completed in shells. */
export function snapshotName(): ValueParser<'sync', string> {
  return {
    ...string({ metavar: 'FILE' }),
    *suggest() {
      yield { kind: 'file', type: 'file' };
    },
  };
}

/** Checked through; to be closed. */
export async function loadSnapshot(path: string): Promise<Result<SnapshotFile, Failure>> {
  const opened = await openSnapshot(path);
  return opened.ok ? opened : err(snapshotFailure(opened.error));
}

export function snapshotFailure(error: DocumentError): Failure {
  return failure(EXIT.input, describeDocumentError(error), ADVICE[error.code]);
}

const ADVICE: Partial<Record<DocumentError['code'], string>> = {
  'newer-format': 'Update Evenkeel, or save the guest again with this version.',
  truncated: 'Copy it again: the whole file says its length in its first page.',
  damaged: 'Nothing of it was used. Copy it again from where it was saved.',
};
