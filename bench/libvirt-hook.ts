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
    const plain = median(empty, 'guest-7', 'prepare');
    console.log(`libvirt hook, median of ${ROUNDS} calls, ${GUESTS} guests known`);
    console.log(`  an empty shell script                       ${milliseconds(plain)}`);
    const programs = [
      ['compiled, as published', COMPILED],
      ['sources, as in a clone', ownProgram().program],
    ] as const;
    for (const [what, program] of programs) {
      if (!existsSync(program)) {
        console.log(`  ${what}: not built (npm run build)`);
        continue;
      }
      const hooks = join(directory, what.split(',')[0] ?? what);
      const installed = installHook(hooks, { directory: join(directory, 'state') }, { ...ownProgram(), program });
      if (!installed.ok) throw new Error(installed.error);
      const asked = median(hookPath(hooks), 'guest-7', 'prepare');
      const passed = median(hookPath(hooks), 'guest-7', 'reconnect');
      console.log(`  ${what.padEnd(24)} prepare            ${milliseconds(asked)}  ${(asked / plain).toFixed(0)} x`);
      console.log(`  ${what.padEnd(24)} reconnect, started ${milliseconds(passed)}  ${(passed / plain).toFixed(1)} x`);
    }
    const node = median(process.execPath, '-e', '0');
    console.log(`  of that, Node that does nothing             ${milliseconds(node)}  ${(node / plain).toFixed(0)} x`);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function median(script: string, ...words: readonly string[]): number {
  const input = `<domain type='kvm'><name>guest-7</name><uuid>${uuid(7)}</uuid></domain>`;
  const times = Array.from({ length: ROUNDS }, () => {
    const started = performance.now();
    const { status } = spawnSync(script, [...words, 'begin', '-'], { input });
    if (status !== 0) throw new Error(`${script} ${words.join(' ')} ended with ${status}`);
    return performance.now() - started;
  });
  return times.sort((a, b) => a - b)[ROUNDS / 2] ?? Number.NaN;
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

const milliseconds = (value: number): string => `${value.toFixed(1).padStart(6)} ms`;
