/** What the lab's commands share: its context, its failures as the program's, its options. */
import { message } from '@optique/core/message';
import { optional } from '@optique/core/modifiers';
import type { Parser } from '@optique/core/parser';
import { option } from '@optique/core/primitives';
import { choice, string } from '@optique/core/valueparser';
import type { ValueParser } from '@optique/core/valueparser';
import { KERNELS, labContext } from '../lab/index.ts';
import type { LabContext, LabError } from '../lab/index.ts';
import type { Architecture } from '../model/index.ts';
import { EXIT, failure } from './exit.ts';
import type { Failure } from './exit.ts';
import type { Terminal } from './terminal.ts';

export const ARCHITECTURES: readonly Architecture[] = ['x86_64', 'arm64'];

/** Lines of a machine's console that are shown with a failure: enough for the stack of a program that failed there. */
export const CONSOLE_LINES = 20;

/** Downloads and builds are shown as progress, warnings stay. */
export function labFor(terminal: Terminal): LabContext {
  return labContext({
    signal: terminal.signal,
    notify: ({ level, text }) => (level === 'warning' ? terminal.note(`warning: ${text}`) : terminal.status(text)),
  });
}

export function labFailure(terminal: Terminal, error: LabError): Failure {
  terminal.status('');
  const lines = error.console?.slice(-CONSOLE_LINES) ?? [];
  const console = lines.length === 0 ? '' : `\nThe last it said:\n${lines.map((line) => `  ${line}`).join('\n')}`;
  return failure(exitOf(error), `${error.message}${console}`, error.hint);
}

function exitOf({ code }: LabError): Failure['exit'] {
  switch (code) {
    case 'usage':
      return EXIT.usage;
    case 'interrupted':
      return EXIT.interrupted;
    case 'missing-tool':
    case 'tool':
    case 'download':
    case 'no-space':
    case 'image':
    case 'qemu':
    case 'boot':
    case 'unavailable':
      return EXIT.lab;
  }
}

/** `debian:6.12` or a file; completed in shells. */
export function kernelName(metavar: 'KERNEL' | 'FROM' | 'TO' = 'KERNEL'): ValueParser<'sync', string> {
  return {
    ...string({ metavar }),
    *suggest(prefix) {
      for (const { name: text } of KERNELS) if (text.startsWith(prefix)) yield { kind: 'literal', text };
      yield { kind: 'file', type: 'file' };
    },
  };
}

export function architectureOption(): Parser<'sync', Architecture | undefined, unknown> {
  return optional(option('--arch', choice(ARCHITECTURES), { description: message`x86_64 or arm64` }));
}

/** `--modules` is for kernels of one's own: those that the lab knows by name bring theirs. */
export function modulesFailure(kernels: readonly string[], modules: string | undefined): Failure | null {
  if (modules === undefined || !kernels.every((kernel) => kernel.startsWith('debian:'))) return null;
  const advice = 'Leave --modules out, or give the file of a kernel of yours.';
  return failure(EXIT.usage, `${kernels[0] ?? 'a kernel that the lab knows by name'} brings its own modules`, advice);
}
