/** What a command is: a parser of its arguments whose value is the work to be done. */
import { lineBreak, text } from '@optique/core/message';
import type { Message } from '@optique/core/message';
import { command } from '@optique/core/primitives';
import type { Parser } from '@optique/core/parser';
import type { ExitCode, Failure } from './exit.ts';
import type { Terminal } from './terminal.ts';

/** The work of a command, once its arguments are known. */
export type Task = (terminal: Terminal) => Promise<ExitCode | Failure>;

export type Command = Parser<'sync', Task, unknown>;

export interface CommandHelp {
  /** What a person would type; shown first. */
  readonly examples: readonly string[];
  /** One line for lists of commands. */
  readonly brief: string;
  /** What the line does not say. */
  readonly description?: string;
}

/** A command with its help. The examples travel in the footer; `showHelp` puts them first. */
export function define(name: string, task: Parser<'sync', Task, unknown>, help: CommandHelp): Command {
  return command(name, task, {
    brief: [text(help.brief)],
    footer: lines(help.examples),
    ...(help.description === undefined ? {} : { description: [text(help.description)] }),
  });
}

export function lines(all: readonly string[]): Message {
  return all.flatMap((line, index) => (index === 0 ? [text(line)] : [lineBreak(), text(line)]));
}
