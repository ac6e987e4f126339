/** Arguments and options that several commands take. */
import { message } from '@optique/core/message';
import type { Message } from '@optique/core/message';
import { optional, withDefault } from '@optique/core/modifiers';
import type { Parser } from '@optique/core/parser';
import { option } from '@optique/core/primitives';
import { choice, string } from '@optique/core/valueparser';
import type { ValueParser } from '@optique/core/valueparser';
import { recordedNames } from './recorded.ts';

/** A surface as a person names it: a file, `-`, `host`, or the name of a recorded one. Completed in shells. */
export function surfaceName(metavar: 'SURFACE' | 'A' | 'B' | 'CONTRACT'): ValueParser<'sync', string> {
  return {
    ...string({ metavar }),
    *suggest(prefix) {
      for (const text of ['host', ...recordedNames().map(({ name }) => name)]) {
        if (text.startsWith(prefix)) yield { kind: 'literal', text };
      }
      yield { kind: 'file', type: 'file', extensions: ['.json'] };
    },
  };
}

/** A file, to be written or read. Completed in shells. */
export function fileName(): ValueParser<'sync', string> {
  return {
    ...string({ metavar: 'FILE' }),
    *suggest() {
      yield { kind: 'file', type: 'file' };
    },
  };
}

export type Output = 'table' | 'json';

export function outputOption(): Parser<'sync', Output, unknown> {
  return withDefault(
    option('-o', '--output', choice(['table', 'json']), { description: message`table for people (default) or json` }),
    'table',
  );
}

export function writeOption(): Parser<'sync', string | undefined, unknown> {
  return optional(
    option('-w', '--write', fileName(), {
      description: message`Write to this file, whole or not at all, not to stdout`,
    }),
  );
}

/** `--write` of commands whose result is a file and nothing else. */
export function fileOption(description: Message): Parser<'sync', string, unknown> {
  return option('-w', '--write', fileName(), { description });
}

export function vcpuOption(): Parser<'sync', string | undefined, unknown> {
  return optional(
    option('--vcpu', string({ metavar: 'FEATURES' }), {
      description: message`arm64: the guest's vCPU features, as the surface names them (psci+pmu); default: all but EL2`,
    }),
  );
}
