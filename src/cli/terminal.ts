/**
 * Where a command writes: data to standard output, everything said on the way to standard error. Colour only on a
 * terminal (NO_COLOR and FORCE_COLOR as everywhere), and never the only carrier of a meaning.
 */
import { styleText } from 'node:util';
import type { Level } from '../model/index.ts';

type Format = Parameters<typeof styleText>[0];

export interface Terminal {
  /** Data: what a pipe or a file should get. */
  readonly out: (text: string) => void;
  /** A diagnostic line. */
  readonly note: (text: string) => void;
  /** A line that the next one replaces; shown only where standard error is a terminal. Empty text removes it. */
  readonly status: (text: string) => void;
  /** Columns of standard output; infinite where it is no terminal and COLUMNS is not set, so that nothing is wrapped. */
  readonly width: number;
  readonly style: (format: Format, text: string) => string;
  /** Ends long work early: Ctrl-C. */
  readonly signal: AbortSignal;
}

const LEVEL_FORMATS: Readonly<Record<Level, Format>> = {
  same: 'green',
  selectable: 'cyan',
  unknown: 'yellow',
  refused: 'red',
  lost: ['bold', 'red'],
  silent: ['bold', 'magenta'],
};

/** A level's name, coloured where colours are. */
export function showLevel(terminal: Pick<Terminal, 'style'>, level: Level, text: string = level): string {
  return terminal.style(LEVEL_FORMATS[level], text);
}

export function processTerminal(signal: AbortSignal): Terminal {
  const { stdout, stderr } = process;
  let status = '';
  const clear = (): void => {
    if (status !== '') stderr.write('\r\u001b[K');
    status = '';
  };
  return {
    out(text) {
      clear();
      stdout.write(text.endsWith('\n') ? text : `${text}\n`);
    },
    note(text) {
      clear();
      stderr.write(`${text}\n`);
    },
    status(text) {
      if (!stderr.isTTY) return;
      clear();
      status = text.slice(0, Math.max(0, stderr.columns - 1));
      stderr.write(status);
    },
    width: stdoutWidth(),
    // Nothing is not coloured: an empty cell would no longer be empty.
    style: (format, text) => (text === '' ? '' : styleText(format, text, { stream: stdout })),
    signal,
  };
}

function stdoutWidth(): number {
  if (process.stdout.isTTY) return process.stdout.columns;
  const columns = Number(process.env['COLUMNS']);
  return Number.isInteger(columns) && columns > 0 ? columns : Number.POSITIVE_INFINITY;
}
