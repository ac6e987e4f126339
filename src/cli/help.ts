/** Help begins with examples: that is what most people who ask for it want. Exit codes stand at the end. */
import { formatDocPage } from '@optique/core/doc';
import type { DocPage } from '@optique/core/doc';
import { formatMessage } from '@optique/core/message';
import { EXIT_HELP } from './exit.ts';
import { EXAMPLES } from './program.ts';
import { table } from './table.ts';

const NAME = 'evenkeel';
const PURPOSE = 'Keeps the machine that a KVM guest sees unchanged while the host under it changes.';

/** A page of the parser's, examples first. A command's examples come in its footer; the program's are known here. */
export function helpText(page: DocPage, width: number): string {
  const { footer, brief, ...rest } = page;
  const isProgram = brief === undefined;
  const examples = isProgram ? EXAMPLES : footer === undefined ? [] : exampleLines(formatMessage(footer));
  const options = { termWidth: 'auto' as const, ...(Number.isFinite(width) ? { maxWidth: width } : {}) };
  const exits = table([{ title: '' }, { title: '', flexible: true }], exitRows(), { width, indent: '  ', bare: true });
  return [
    `${isProgram ? PURPOSE : formatMessage(brief)}\n`,
    examples.length === 0 ? '' : `\nExamples:\n${examples.map((line) => `  ${line}\n`).join('')}`,
    `\n${formatDocPage(NAME, rest, options).trimEnd()}\n`,
    `\nExit codes:\n${exits}`,
    isProgram
      ? '\nA SURFACE is a file, "-", "host" for this host, or a recorded one such as x86_64/max/debian-6.12.\n'
      : '',
  ].join('');
}

/** The parser's own command, `completion`, brings a heading and an indent. */
function exampleLines(footer: string): string[] {
  return footer
    .split('\n')
    .filter((line) => line !== 'Examples:')
    .map((line) => line.trimStart());
}

function exitRows(): string[][] {
  return EXIT_HELP.map(([code, meaning]) => [String(code), meaning]);
}
