/**
 * One run of vmstate.ts in a process of its own: the files that are named are read, compared each with each, and shown as
 * the command shows them. Two for one pair: from the first to the second. Prints the milliseconds of the thread's processor
 * time, of the first time and of the tenth.
 */
import { everyPair, loadDumps, onePair } from '../src/cli/vmstate.ts';
import { comparisonText, dumpMatrixText } from '../src/cli/vmstate-text.ts';
import type { Terminal } from '../src/cli/terminal.ts';

const TIMES = 10;

const terminal: Terminal = {
  out: () => undefined,
  note: () => undefined,
  status: () => undefined,
  width: Number.POSITIVE_INFINITY,
  style: (_, text) => text,
  signal: new AbortController().signal,
};

async function check(names: readonly string[]): Promise<number> {
  const begun = process.threadCpuUsage();
  const loaded = await loadDumps(names, undefined, terminal);
  if (!loaded.ok) throw new Error(loaded.error.message);
  const dumps = loaded.value;
  const text =
    dumps.length === 2
      ? comparisonText(terminal, dumps, onePair(dumps, [0, 1], {}), false)
      : dumpMatrixText(terminal, dumps, everyPair(dumps, {}));
  if (text === '') throw new Error('nothing was said');
  const { user, system } = process.threadCpuUsage(begun);
  return (user + system) / 1000;
}

const spent: number[] = [];
for (let time = 0; time < TIMES; time++) spent.push(await check(process.argv.slice(2)));
console.log(`${spent[0] ?? Number.NaN} ${spent.at(-1) ?? Number.NaN}`);
