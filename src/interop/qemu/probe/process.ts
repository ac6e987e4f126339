/**
 * A QEMU that runs for the time of some questions: QMP over its standard streams, no guest (`-S`), no file and no network. It
 * ends with Evenkeel, whatever happens to Evenkeel.
 */
import { err, ok } from '../../../model/index.ts';
import type { Accelerator, Result } from '../../../model/index.ts';
import { connectQmp } from '../qmp/index.ts';
import type { Qmp, QmpError } from '../qmp/index.ts';
import { start } from './child.ts';
import type { Child, QemuProgram } from './child.ts';
import { probeError } from './error.ts';
import type { QemuProbeError } from './error.ts';

export interface ProcessOptions {
  /** For the start, for each question, for each run to its end. */
  readonly milliseconds: number;
  readonly signal?: AbortSignal | undefined;
}

export interface RunningQemu {
  readonly qmp: Qmp;
  /** Ends it; resolves when its process is gone. */
  readonly end: () => Promise<void>;
}

/** Starts it with a machine that is never run. */
export async function startQemu(
  qemu: QemuProgram,
  machine: string,
  accelerator: Accelerator,
  options: ProcessOptions,
): Promise<Result<RunningQemu, QemuProbeError>> {
  const own = ['-machine', machine, '-accel', accelerator, '-S', '-nodefaults', '-display', 'none', '-qmp', 'stdio'];
  const child = start(qemu, own);
  const { stdin, stdout } = child.process;
  if (stdin === null || stdout === null) throw new Error('a child with pipes has them');
  const abort = (): void => child.kill();
  options.signal?.addEventListener('abort', abort);
  const end = async (): Promise<void> => {
    options.signal?.removeEventListener('abort', abort);
    child.kill();
    await child.gone;
  };
  const qmp = await connectQmp({ readable: stdout, writable: stdin }, { milliseconds: options.milliseconds });
  if (qmp.ok && options.signal?.aborted !== true) return ok({ qmp: qmp.value, end });
  // A process that ends by itself is given the time to: how it ended is the better message.
  if (!qmp.ok && qmp.error.code === 'closed') await Promise.race([child.gone, delay(1000)]);
  await end();
  if (qmp.ok || options.signal?.aborted === true) return err(probeError('interrupted', 'interrupted; QEMU was ended'));
  return err(noGreeting(child, qmp.error));
}

function noGreeting(child: Child, error: QmpError): QemuProbeError {
  const words = child.words();
  switch (error.code) {
    case 'closed': {
      const how = `it ended without a greeting (${child.ending()})`;
      const complaint = child.complaint();
      return probeError('no-qemu', complaint === null ? how : `${how}: ${complaint}`, words);
    }
    case 'protocol':
      return probeError('no-qemu', `this does not speak QMP: ${error.message}`, words);
    case 'deadline':
    case 'unreachable':
    case 'command':
      return probeError('failed', error.message, words);
  }
}

/** Runs it to its end; its output goes nowhere. Null where it ended with 0. */
export async function runQemu(
  qemu: QemuProgram,
  parameters: readonly string[],
  options: ProcessOptions,
): Promise<QemuProbeError | null> {
  const child = start(qemu, parameters);
  child.process.stdin?.end();
  child.process.stdout?.resume();
  const abort = (): void => child.kill();
  options.signal?.addEventListener('abort', abort);
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    child.kill();
  }, options.milliseconds);
  await child.gone;
  clearTimeout(timer);
  options.signal?.removeEventListener('abort', abort);
  if (options.signal?.aborted === true) return probeError('interrupted', 'interrupted; QEMU was ended');
  if (late) return probeError('deadline', `it did not end within ${options.milliseconds / 1000} s`, child.words());
  if (child.process.exitCode === 0) return null;
  return probeError('failed', `${child.ending()}: ${child.complaint() ?? 'without a word'}`, child.words());
}

function delay(milliseconds: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  setTimeout(resolve, milliseconds).unref();
  return promise;
}
