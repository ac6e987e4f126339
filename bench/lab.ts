/**
 * From the start of QEMU to the surface, against the same kernel booted to a first program that only switches the
 * machine off, under the same QEMU, machine and CPU. Runs of both are interleaved, so that a busy machine slows both.
 * Aim: at most 2 × for arm64 and 3 × for x86_64.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { labContext, prepare, probePrepared } from '../src/lab/index.ts';
import type { Prepared } from '../src/lab/index.ts';
import { cpio } from '../src/lab/cpio.ts';
import { cpuArgument } from '../src/lab/machine.ts';
import { startVm } from '../src/lab/vm.ts';
import type { Architecture } from '../src/model/index.ts';
import { trivialInit } from './lab-trivial.ts';

const ROUNDS = 5;
const BENCHED = [
  { architecture: 'arm64', kernel: 'debian:6.12', aim: 2 },
  { architecture: 'x86_64', kernel: 'debian:6.12', aim: 3 },
] as const;

/** Prints one line an architecture; says so where the lab cannot run. */
export async function run(): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'evenkeel-bench-'));
  try {
    for (const { architecture, kernel, aim } of BENCHED) await compare(directory, architecture, kernel, aim);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

async function compare(directory: string, architecture: Architecture, kernel: string, aim: number): Promise<void> {
  const context = labContext({ notify: ({ text }) => process.stderr.write(`${text}\n`) });
  const target = { architecture, kernel };
  const prepared = await prepare(context, target);
  if (!prepared.ok) {
    process.stdout.write(`lab ${architecture} ${kernel}: not measured: ${prepared.error.message}\n`);
    return;
  }
  const image = join(directory, `${architecture}.cpio`);
  const program = { kind: 'file', path: 'node', data: trivialInit(architecture), executable: true } as const;
  writeFileSync(image, Buffer.concat(cpio([program])));
  const trivial: number[] = [];
  const boots: number[] = [];
  const surfaces: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    trivial.push(await bootTrivially(prepared.value, architecture, image));
    const probed = await probePrepared(context, prepared.value, target);
    if (!probed.ok) {
      process.stdout.write(`lab ${architecture} ${kernel}: not measured: ${probed.error.message}\n`);
      return;
    }
    boots.push(probed.value.bootMilliseconds);
    surfaces.push(probed.value.totalMilliseconds);
  }
  const [base, boot, surface] = [median(trivial), median(boots), median(surfaces)];
  process.stdout.write(
    `lab ${architecture} ${kernel}, median of ${ROUNDS}: trivial init ${seconds(base)}, worker up ${seconds(boot)}, ` +
      `surface ${seconds(surface)}: ${(surface / base).toFixed(2)} × (aim ${aim} ×; worker up ${(boot / base).toFixed(2)} ×)\n`,
  );
}

/** Milliseconds from the start of QEMU to its end, which the first program brings about. */
function bootTrivially(prepared: Prepared, architecture: Architecture, image: string): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<number>();
  const started = performance.now();
  const boot = {
    architecture,
    kernel: prepared.kernel.image,
    image,
    medium: 'initramfs' as const,
    cpu: cpuArgument(architecture, undefined),
    append: [],
    words: [],
  };
  startVm(prepared.qemu, boot, {
    onConsole: () => undefined,
    onChannel: () => undefined,
    onExit: () => resolve(performance.now() - started),
  });
  return promise;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(2)} s`;
}

if (import.meta.main) await run();
