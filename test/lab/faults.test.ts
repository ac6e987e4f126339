import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { trivialInit } from '../../bench/lab-trivial.ts';
import { cpio } from '../../src/lab/cpio.ts';
import { labContext, probePrepared } from '../../src/lab/index.ts';
import type { LabProgress, Prepared } from '../../src/lab/index.ts';
import type { Kernel } from '../../src/lab/kernel.ts';
import { ConsoleTail, launchVm } from '../../src/lab/launch.ts';
import type { Boot } from '../../src/lab/machine.ts';
import type { Qemu } from '../../src/lab/qemu.ts';
import { stepsFor } from '../../src/probe/index.ts';
import { supervise } from '../../src/worker/index.ts';
import { ready } from './ready.ts';

const SECONDS = 1000;
let directory = '';

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'evenkeel-faults-'));
});
afterAll(() => rmSync(directory, { recursive: true }));

/** A program in QEMU's place: what the lab must stand from a machine, without one. */
function pretend(script: string): Prepared {
  const program = join(directory, 'qemu');
  writeFileSync(program, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  const qemu: Qemu = { origin: 'given', program, parameters: [], environment: {}, version: 'none', package: null };
  const kernel: Kernel = { name: program, architecture: 'arm64', image: program, modules: null, identity: 'none' };
  return { qemu, kernel, image: program, medium: 'initramfs' };
}

const target = { architecture: 'arm64', kernel: 'none' } as const;

describe('a machine that fails', () => {
  it('in a panic says what led to it, not the registers that the kernel prints then', async () => {
    const words = [
      'no virtio-serial port',
      '\u001b[90mat init\u001b[39m',
      'Kernel panic - not syncing: Attempted to kill init!',
      'RIP: 0033:0x7f',
    ];
    const prepared = pretend(`${words.map((line) => `echo '${line}'`).join('; ')}; exit 0`);
    const probed = await probePrepared(labContext(), prepared, target);
    expect(probed).toMatchObject({ ok: false, error: { code: 'boot', console: [words[0], 'at init', words[2]] } });
    expect(!probed.ok && probed.error.message).toContain('Attempted to kill init!');
  });

  it('because QEMU refuses what it is asked for is not started again', async () => {
    const words = 'qemu-system-aarch64: unable to find CPU model';
    const progress: LabProgress[] = [];
    const probed = await probePrepared(labContext(), pretend(`echo '${words}' >&2; exit 1`), {
      ...target,
      onProgress: (event) => progress.push(event),
    });
    expect(probed).toMatchObject({ ok: false, error: { code: 'qemu', console: [words] } });
    expect(progress.map(({ phase }) => phase)).toEqual(['booting']);
  });

  it('of itself is started again, visibly, at most twice, and its last lines are told', async () => {
    const prepared = pretend('echo "Kernel panic - not syncing: made up"; exit 0');
    const progress: LabProgress[] = [];
    const probed = await probePrepared(labContext(), prepared, {
      ...target,
      onProgress: (event) => progress.push(event),
    });
    expect(probed).toMatchObject({
      ok: false,
      error: { code: 'boot', console: ['Kernel panic - not syncing: made up'] },
    });
    expect(progress.map(({ phase }) => phase)).toEqual(['booting', 'retrying', 'booting', 'retrying', 'booting']);
  });

  it('once and then works gives a surface that says so', async () => {
    const hello = JSON.stringify({ event: 'hello', steps: ['host'], startMilliseconds: 1 });
    const begin = JSON.stringify({ event: 'begin', step: 'host' });
    const end = JSON.stringify({
      event: 'end',
      step: 'host',
      milliseconds: 1,
      section: { outcome: 'absent', reason: 'none' },
    });
    const done = JSON.stringify({ event: 'done', ioctls: 7, milliseconds: 2 });
    const mark = join(directory, 'tried');
    const script = `if [ -e ${mark} ]; then printf '%s\\n' '${hello}' '${begin}' '${end}' '${done}' >&3; sleep 30; else touch ${mark}; exit 9; fi`;
    const probed = await probePrepared(labContext(), pretend(script), target);
    if (!probed.ok) throw new Error(probed.error.message);
    expect(probed.value.failedAttempts).toHaveLength(1);
    expect(probed.value.surface.recorded.environment['failed attempts']).toContain('exit code 9');
    expect(probed.value.collected.ioctls).toBe(7);
  });

  it('for want of KVM inside is not started again', async () => {
    const message = JSON.stringify({
      event: 'unavailable',
      call: 'open',
      detail: '/dev/kvm',
      errno: 'ENOENT',
      meaning: 'no such device',
    });
    const probed = await probePrepared(labContext(), pretend(`echo '${message}' >&3; sleep 30`), target);
    expect(probed).toMatchObject({ ok: false, error: { code: 'unavailable' } });
  });

  it('by a QEMU that is not there is told as that', async () => {
    const prepared = pretend('');
    const qemu = { ...prepared.qemu, program: join(directory, 'missing') };
    const probed = await probePrepared(labContext(), { ...prepared, qemu }, target);
    expect(probed).toMatchObject({ ok: false, error: { code: 'boot' } });
    expect(probed.ok ? [] : probed.error.console).toContainEqual(expect.stringContaining('No such file'));
  });
});

/** Boots Debian's kernel with an initramfs of the test's own. */
async function bootWith(
  prepared: Prepared,
  image: string,
  startSeconds: number,
): Promise<{ failure: string; console: readonly string[] }> {
  const boot: Boot = {
    architecture: 'x86_64',
    kernel: prepared.kernel.image,
    image,
    medium: 'initramfs',
    cpu: 'max',
    append: [],
    words: [],
  };
  const tail = new ConsoleTail();
  const launch = launchVm(prepared.qemu, boot, { onBoot: () => undefined, onConsole: (line) => tail.push(line) });
  const ended = await supervise(launch, { steps: await stepsFor('x86_64'), patience: 1, startSeconds });
  return { failure: ended.ok ? 'none' : ended.error.message, console: tail.lines() };
}

describe('a real kernel that fails', () => {
  it('without a first program panics, and the panic is told', { timeout: 300 * SECONDS }, async (test) => {
    const prepared = await ready(test, 'x86_64', 'debian:5.10');
    const image = join(directory, 'empty.cpio');
    writeFileSync(image, Buffer.concat(cpio([])));
    const { failure, console } = await bootWith(prepared, image, 60);
    expect(failure).toContain('QEMU ended');
    expect(console.join('\n')).toContain('Kernel panic');
  });

  it('whose program never answers is ended at the deadline', { timeout: 300 * SECONDS }, async (test) => {
    const prepared = await ready(test, 'x86_64', 'debian:5.10');
    const image = join(directory, 'hanging.cpio');
    writeFileSync(
      image,
      Buffer.concat(cpio([{ kind: 'file', path: 'node', data: hangingProgram(), executable: true }])),
    );
    const begun = performance.now();
    const { failure } = await bootWith(prepared, image, 5);
    expect(failure).toContain('no answer within 5 s');
    expect(performance.now() - begun).toBeLessThan(30 * SECONDS);
  });

  it('dies with the process that started it, even one that is killed', { timeout: 60 * SECONDS }, async () => {
    const mark = `evenkeel-orphan-${process.pid}`;
    const module = new URL('../../src/lab/vm.ts', import.meta.url).href;
    const program = join(directory, 'sleeper');
    writeFileSync(program, '#!/bin/sh\nexec sleep 50\n', { mode: 0o755 });
    const qemu = { program, parameters: [], environment: {} };
    const boot = {
      architecture: 'arm64',
      kernel: mark,
      image: '',
      medium: 'initramfs',
      cpu: 'max',
      append: [],
      words: [],
    };
    const script = `const { startVm } = await import(${JSON.stringify(module)});
      const vm = startVm(${JSON.stringify(qemu)}, ${JSON.stringify(boot)}, { onConsole() {}, onChannel() {}, onExit() {} });
      setTimeout(() => console.log(vm.pid), 300);`;
    const parent = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const pid = await new Promise<number>((resolve) =>
      parent.stdout.once('data', (data: Buffer) => resolve(Number(data.toString()))),
    );
    expect(isRunning(pid)).toBe(true);
    parent.kill('SIGKILL');
    await new Promise((resolve) => parent.once('close', resolve));
    await expect.poll(() => isRunning(pid), { timeout: 5 * SECONDS }).toBe(false);
  });
});

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    // A zombie still has a process id; it has no memory map.
    return readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[0] !== '0';
  } catch {
    return false;
  }
}

/** An ELF program of two instructions: pause(2) for ever. */
function hangingProgram(): Uint8Array {
  const program = Buffer.from(trivialInit('x86_64'));
  // mov eax, 34 (__NR_pause); syscall; jmp back to the start.
  program.set([0xb8, 34, 0, 0, 0, 0x0f, 0x05, 0xeb, 0xf7], 120);
  return program;
}
