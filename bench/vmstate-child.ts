/**
 * One run of vmstate.ts in a process of its own: the files that are named are read, compared each with each, and shown as
 * the command shows them. Two for one pair: from the first to the second. Prints milliseconds of processor time: of the
 * thread the first time and the tenth, and of all threads the first time (V8 compiles and Node reads in others).
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

interface Spent {
  readonly thread: number;
  readonly process: number;
}

const milliseconds = ({ user, system }: NodeJS.CpuUsage): number => (user + system) / 1000;

async function check(names: readonly string[]): Promise<Spent> {
  const begun = { thread: process.threadCpuUsage(), process: process.cpuUsage() };
  const loaded = await loadDumps(names, undefined, terminal);
  if (!loaded.ok) throw new Error(loaded.error.message);
  const dumps = loaded.value;
  const text =
    dumps.length === 2
      ? comparisonText(terminal, dumps, onePair(dumps, [0, 1], {}), false)
      : dumpMatrixText(terminal, dumps, everyPair(dumps, {}));
  if (text === '') throw new Error('nothing was said');
  return {
    thread: milliseconds(process.threadCpuUsage(begun.thread)),
    process: milliseconds(process.cpuUsage(begun.process)),
  };
}

const spent: Spent[] = [];
for (let time = 0; time < TIMES; time++) spent.push(await check(process.argv.slice(2)));
const [first, last] = [spent[0], spent.at(-1)];
console.log(`${first?.thread ?? Number.NaN} ${last?.thread ?? Number.NaN} ${first?.process ?? Number.NaN}`);
