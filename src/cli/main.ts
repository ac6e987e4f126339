/**
 * The program: arguments to a task, the task to an exit code. Expected failures are one line and a piece of advice; a
 * stack trace means a bug, and says so.
 */
import { runParserSync } from '@optique/core/facade';
import { formatMessage } from '@optique/core/message';
import { evenkeelVersion } from '../probe/index.ts';
import type { Task } from './command.ts';
import { EXIT, failure } from './exit.ts';
import type { ExitCode } from './exit.ts';
import { helpText } from './help.ts';
import { GROUPS, program } from './program.ts';
import { processTerminal } from './terminal.ts';
import type { Terminal } from './terminal.ts';

/** A command line to a task. Help, version, completion and a wrong line are tasks too. */
function parse(words: readonly string[], terminal: Terminal): Task {
  // The parser writes before it calls back; only the callback knows whether that text is wanted.
  let written = '';
  const print = (): Task => async () => {
    terminal.out(written);
    return EXIT.ok;
  };
  return runParserSync(program, 'evenkeel', words, {
    help: {
      option: { names: ['-h', '--help'] },
      onShow: (_, page): Task => {
        written = helpText(page, terminal.width);
        return print();
      },
    },
    version: { value: evenkeelVersion(), option: { names: ['-V', '--version'] }, onShow: print },
    completion: { command: true, onShow: print },
    aboveError: 'none',
    commandList: 'top-level',
    stdout: (text) => {
      written += `${text}\n`;
    },
    stderr: () => undefined,
    onError: (_, error): Task => {
      const group = words.find((word) => GROUPS.includes(word));
      const advice = `See: evenkeel ${group === undefined ? '' : `${group} `}--help`;
      const message = formatMessage(error, { quotes: false }).replace(/\s*\n\s*/g, ' ');
      const refused = failure(EXIT.usage, message, advice);
      return async () => refused;
    },
  });
}

/**
 * `evenkeel … | head`: the reader has seen enough, and the exit code stays that of the verdict. Any other fault, such as
 * a full disk, means that nobody has the answer: no exit code of a verdict may then be given.
 */
function outputLost(error: NodeJS.ErrnoException): void {
  if (error.code === 'EPIPE') return;
  process.stderr.write(`evenkeel: standard output cannot be written: ${error.code ?? error.message}\n`);
  process.exit(EXIT.input);
}

async function main(): Promise<ExitCode> {
  const interrupt = new AbortController();
  const terminal = processTerminal(interrupt.signal);
  // The first Ctrl-C ends the work cleanly; the second does not wait for that.
  process.on('SIGINT', () => {
    if (interrupt.signal.aborted) process.exit(EXIT.interrupted);
    interrupt.abort();
  });
  process.on('SIGTERM', () => interrupt.abort());
  process.stdout.on('error', outputLost);
  const ending = await parse(process.argv.slice(2), terminal)(terminal);
  if (typeof ending === 'number') return ending;
  terminal.note(`evenkeel: ${ending.message}`);
  if (ending.advice !== undefined) terminal.note(ending.advice);
  return ending.exit;
}

try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(`evenkeel: this is a bug in Evenkeel, please report it with what you typed:\n`);
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  process.exitCode = EXIT.internal;
}
