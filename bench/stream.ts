/**
 * `qemu stream` on streams that a real QEMU wrote, beside QEMU's scripts/analyze-migration.py and beside `cat`, in turns,
 * best of all rounds. Two guests: one whose RAM is all noise, so that reading the file is most of the work; and one as guests
 * are, of whose RAM most was never written, so that page headers are. EVENKEEL_ANALYZE_MIGRATION names the script (QEMU's
 * source; Debian: apt-get source qemu).
 */
import { spawnSync } from 'node:child_process';
import { randomFillSync } from 'node:crypto';
import { closeSync, existsSync, ftruncateSync, mkdtempSync, openSync, rmSync, statSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openSource, readStream } from '../src/interop/qemu/stream/index.ts';
import { saveGuest, systemQemu } from '../test/interop/qemu/stream/real.ts';
import type { RealQemu } from '../test/interop/qemu/stream/real.ts';

const MEGABYTE = 1024 * 1024;
const ROUNDS = 7;
/** Reads a round: they are short, and the first ones compile. */
const AGAIN = 3;
const SLOW_ROUNDS = 3;
const AIM = 50;
const PROGRAM = fileURLToPath(new URL('../dist/program/main.js', import.meta.url));

const GUESTS: readonly (readonly [what: string, written: number, megabytes: number])[] = [
  ['400 MB of RAM, all of it noise', 400, 400],
  ['8 GB of RAM, 300 MB of it written', 300, 8192],
];

export async function run(): Promise<void> {
  const qemu = systemQemu();
  if (qemu === null) {
    console.log('stream: not measured: there is no /usr/bin/qemu-system-x86_64');
    return;
  }
  const directory = mkdtempSync(join(tmpdir(), 'evenkeel-bench-'));
  try {
    for (const [what, written, megabytes] of GUESTS) {
      const path = await save(qemu, directory, written, megabytes);
      await measure(what, path);
      rmSync(path);
    }
  } finally {
    rmSync(directory, { recursive: true });
  }
}

async function save(qemu: RealQemu, directory: string, written: number, megabytes: number): Promise<string> {
  const memory = join(directory, 'memory');
  const file = openSync(memory, 'w');
  const noise = Buffer.alloc(MEGABYTE);
  for (let count = 0; count < written; count++) writeSync(file, randomFillSync(noise));
  ftruncateSync(file, megabytes * MEGABYTE);
  closeSync(file);
  const path = join(directory, 'guest.stream');
  const backend = `memory-backend-file,id=m,size=${megabytes}M,share=on,mem-path=${memory}`;
  await saveGuest(qemu, path, ['-M', 'q35,memory-backend=m', '-m', `${megabytes}`, '-cpu', 'max', '-object', backend]);
  rmSync(memory);
  return path;
}

/** Milliseconds: how long it took, and how much of a processor, which counts on a machine that does other things too. */
interface Spent {
  readonly wall: number;
  readonly processor: number;
}

const NEVER: Spent = { wall: Number.POSITIVE_INFINITY, processor: Number.POSITIVE_INFINITY };

async function measure(what: string, path: string): Promise<void> {
  const script = process.env['EVENKEEL_ANALYZE_MIGRATION'];
  const best = { cat: NEVER, node: NEVER, python: NEVER, script: NEVER, read: NEVER, program: NEVER };
  const keep = (name: keyof typeof best, { wall, processor }: Spent): void => {
    const before = best[name];
    best[name] = { wall: Math.min(before.wall, wall), processor: Math.min(before.processor, processor) };
  };
  for (let round = 0; round < ROUNDS; round++) {
    keep('cat', shell(`cat ${path}`));
    for (let again = 0; again < AGAIN; again++) keep('read', await reading(path));
    keep('node', shell(`${process.execPath} -e 0`));
    if (existsSync(PROGRAM)) keep('program', shell(`${process.execPath} ${PROGRAM} qemu stream ${path}`));
    if (script === undefined || round >= SLOW_ROUNDS) continue;
    keep('python', shell('python3 -c 0'));
    keep('script', shell(`python3 ${script} -f ${path}`));
  }
  const megabytes = Math.round(statSync(path).size / MEGABYTE);
  const { cat, node, python, script: analyze, read, program } = best;
  const times = (key: keyof Spent): string => `${((analyze[key] - python[key]) / read[key]).toFixed(0)} x`;
  console.log(`stream of ${megabytes} MB: a guest with ${what}; best of ${ROUNDS} (processor time)`);
  console.log(`  cat:                    ${shown(cat)}`);
  console.log(`  analyze-migration.py:   ${shown(analyze)}, of which Python ${shown(python)}`);
  console.log(`  read and decoded:       ${shown(read)}, ${(read.wall / cat.wall).toFixed(1)} x cat`);
  if (analyze !== NEVER)
    console.log(`  less than the script:   ${times('wall')} (${times('processor')}); aim: ${AIM} x`);
  console.log(`  evenkeel qemu stream:   ${shown(program)}, of which Node ${shown(node)}`);
}

function shown({ wall, processor }: Spent): string {
  return Number.isFinite(wall) ? `${wall.toFixed(0)} ms (${processor.toFixed(0)} ms)` : 'not measured';
}

/** `times`: the shell's own processor time and, in the second line, that of what it ran. */
function shell(command: string): Spent {
  const begun = performance.now();
  const ran = spawnSync('/bin/sh', ['-c', `${command} > /dev/null && times`], { encoding: 'utf8' });
  const wall = performance.now() - begun;
  if (ran.status !== 0) throw new Error(`${command}: ${ran.stderr.slice(-300)}`);
  const seconds = /\n(\d+)m([\d.]+)s (\d+)m([\d.]+)s/.exec(ran.stdout);
  const [minutesUser = 0, secondsUser = 0, minutesSystem = 0, secondsSystem = 0] = (seconds ?? []).slice(1).map(Number);
  return { wall, processor: 1000 * (60 * (minutesUser + minutesSystem) + secondsUser + secondsSystem) };
}

async function reading(path: string): Promise<Spent> {
  const begun = performance.now();
  const before = process.cpuUsage();
  await read(path);
  const { user, system } = process.cpuUsage(before);
  return { wall: performance.now() - begun, processor: (user + system) / 1000 };
}

/** To the fields of every section: they are made when they are asked for, and the script makes them all. */
async function read(path: string): Promise<void> {
  const source = await openSource(path);
  const stream = source.ok ? await readStream(source.value) : source;
  if (!stream.ok) throw new Error(stream.error.message);
  const fields = stream.value.sections.reduce((sum, { state }) => sum + (state?.fields.length ?? 0), 0);
  if (fields === 0) throw new Error('nothing was decoded');
}
