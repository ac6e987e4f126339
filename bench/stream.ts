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

async function measure(what: string, path: string): Promise<void> {
  const script = process.env['EVENKEEL_ANALYZE_MIGRATION'];
  const best = { cat: Infinity, node: Infinity, python: Infinity, script: Infinity, read: Infinity, program: Infinity };
  for (let round = 0; round < ROUNDS; round++) {
    best.cat = Math.min(best.cat, await spent(() => shell(`cat ${path} > /dev/null`)));
    for (let again = 0; again < AGAIN; again++) best.read = Math.min(best.read, await spent(() => read(path)));
    best.node = Math.min(best.node, await spent(() => shell(`${process.execPath} -e 0`)));
    if (existsSync(PROGRAM)) {
      const command = `${process.execPath} ${PROGRAM} qemu stream ${path} > /dev/null`;
      best.program = Math.min(best.program, await spent(() => shell(command)));
    }
    if (script !== undefined && round < 3) {
      best.python = Math.min(best.python, await spent(() => shell('python3 -c 0')));
      best.script = Math.min(best.script, await spent(() => shell(`python3 ${script} -f ${path} > /dev/null`)));
    }
  }
  const megabytes = Math.round(statSync(path).size / MEGABYTE);
  const ms = (value: number): string => (Number.isFinite(value) ? `${value.toFixed(0)} ms` : 'not measured');
  console.log(`stream of ${megabytes} MB: a guest with ${what}; best of ${ROUNDS}`);
  console.log(`  cat > /dev/null:          ${ms(best.cat)}`);
  console.log(`  analyze-migration.py:     ${ms(best.script)}, of which Python ${ms(best.python)}`);
  const beyond = best.script - best.python;
  const times = Number.isFinite(beyond)
    ? `, ${(beyond / best.read).toFixed(0)} x less than the script (aim: ${AIM})`
    : '';
  console.log(`  read and decoded:         ${ms(best.read)}, ${(best.read / best.cat).toFixed(1)} x cat${times}`);
  console.log(`  evenkeel qemu stream:     ${ms(best.program)}, of which Node ${ms(best.node)}`);
}

async function spent(work: () => unknown): Promise<number> {
  const begun = performance.now();
  await work();
  return performance.now() - begun;
}

function shell(command: string): void {
  const ran = spawnSync('/bin/sh', ['-c', command]);
  if (ran.status !== 0) throw new Error(`${command}: ${ran.stderr.toString().slice(-300)}`);
}

/** To the fields of every section: they are made when they are asked for, and the script makes them all. */
async function read(path: string): Promise<void> {
  const source = await openSource(path);
  const stream = source.ok ? await readStream(source.value) : source;
  if (!stream.ok) throw new Error(stream.error.message);
  const fields = stream.value.sections.reduce((sum, { state }) => sum + (state?.fields.length ?? 0), 0);
  if (fields === 0) throw new Error('nothing was decoded');
}
