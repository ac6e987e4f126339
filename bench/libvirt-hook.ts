/**
 * What the libvirt hook costs a guest's start: the installed script beside an empty one, called as libvirtd calls it. The
 * compiled program is measured where it was built (npm run build), for that is what is installed; sources are slower.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hookPath, installHook, ownProgram } from '../src/interop/libvirt-hook/index.ts';
import type { LibvirtAnswers } from '../src/model/index.ts';
import { readHost } from '../src/probe/steps/host.ts';

const ROUNDS = 40;
const GUESTS = 1_000;
const COMPILED = join(import.meta.dirname, '../dist/interop/libvirt-hook/main.cjs');

export async function run(): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'evenkeel-bench-hook-'));
  try {
    const empty = join(directory, 'empty');
    writeFileSync(empty, '#!/bin/sh\nexit 0\n', { mode: 0o755 });
    mkdirSync(join(directory, 'state'));
    writeFileSync(join(directory, 'state/answers.json'), JSON.stringify(answers()));
    const compiled = existsSync(COMPILED) ? hookOf(directory, 'compiled', COMPILED) : null;
    const sources = hookOf(directory, 'sources', ownProgram().program);
    const calls: readonly (readonly [what: string, command: readonly string[]])[] = [
      ['an empty shell script', [empty, 'guest-7', 'prepare']],
      ['Node that does nothing', [process.execPath, '-e', '0']],
      ...(compiled === null ? [] : both('as published', compiled)),
      ...both('from a clone', sources),
    ];
    const [plain = Number.NaN, ...others] = fastest(calls.map(([, command]) => command));
    console.log(`libvirt hook, fastest of ${ROUNDS} calls in turns, ${GUESTS} guests known`);
    for (const [at, [what]] of calls.entries()) {
      const took = [plain, ...others][at] ?? Number.NaN;
      console.log(`  ${what.padEnd(34)}${took.toFixed(1).padStart(6)} ms  ${(took / plain).toFixed(1).padStart(5)} x`);
    }
    if (compiled === null) console.log('  as published: not measured: dist is missing (npm run build)');
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function hookOf(directory: string, name: string, program: string): string {
  const hooks = join(directory, name);
  const installed = installHook(hooks, { directory: join(directory, 'state') }, { ...ownProgram(), program });
  if (!installed.ok) throw new Error(installed.error);
  return hookPath(hooks);
}

function both(what: string, script: string): [what: string, command: readonly string[]][] {
  return [
    [`${what}, prepare`, [script, 'guest-7', 'prepare']],
    [`${what}, reconnect`, [script, 'guest-7', 'reconnect']],
  ];
}

/** In turns, so that what else the machine does falls on all alike. */
function fastest(commands: readonly (readonly string[])[]): number[] {
  const input = `<domain type='kvm'><name>guest-7</name><uuid>${uuid(7)}</uuid></domain>`;
  const best = commands.map(() => Number.POSITIVE_INFINITY);
  for (let round = 0; round < ROUNDS; round++) {
    for (const [at, [program = '', ...words]] of commands.entries()) {
      const started = performance.now();
      const { status } = spawnSync(program, [...words, 'begin', '-'], { input });
      if (status !== 0) throw new Error(`${program} ${words.join(' ')} ended with ${status}`);
      best[at] = Math.min(best[at] ?? 0, performance.now() - started);
    }
  }
  return best;
}

function answers(): LibvirtAnswers {
  return {
    format: 'evenkeel.libvirt-answers/1',
    prepared: { at: new Date().toISOString(), by: 'bench' },
    host: readHost(),
    surface: `sha256:${'0'.repeat(64)}`,
    vmm: null,
    contracts: [{ file: 'guests/all.contract.json', level: 'same', reasons: [], more: 0 }],
    guests: Array.from({ length: GUESTS }, (_, at) => ({ guest: uuid(at), contract: 0 })),
    others: null,
  };
}

const uuid = (at: number): string => `00000000-0000-0000-0000-${at.toString(16).padStart(12, '0')}`;
