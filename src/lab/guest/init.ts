/**
 * The first and only program of a lab kernel. Mounts what the probe reads, inserts the modules that the image brings,
 * and runs the probe's worker with a virtio-serial port as its channel. Bundled into one file (`bundle.ts`).
 *
 * Arguments (the kernel hands over the words behind `--` of its command line): `skip=STEP,…`; `request`: the first line
 * that comes through the port says what to do instead of probing; `leave`, `arrive`: the two halves of a live update (live-update.ts).
 */
import { openSync, readFileSync, readSync, readdirSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { PROBE, REQUEST, readRequest } from '../../worker/request.ts';
import { work } from '../../worker/worker.ts';
import { openSystem } from './system.ts';
import type { System } from './system.ts';

/** How long the port may take to appear once its driver is there, milliseconds. */
const PORT_PATIENCE = 20_000;

/**
 * V8's compilers cost an emulated machine more than they save in a program this short: the steps take half the time
 * without. Set here and not on Node's command line, where other flags than Node was built with make V8 throw away the
 * code cache of Node's own modules, which costs 0.1 to 0.2 s (docs/decisions/0005-lab-image.md).
 */
const INTERPRET = ['--no-opt', '--no-maglev', '--no-sparkplug'];

/** Dozens of restores are no short program: with the baseline compiler each took a third less. */
const BASELINE = '--sparkplug';

/** The halves of a live update. */
const LEAVE = 'leave';
const ARRIVE = 'arrive';

/** Begins the one line on the console that says why nothing could be measured. */
const FATAL = 'evenkeel: ';

async function init(): Promise<void> {
  for (const flag of INTERPRET) setFlagsFromString(flag);
  const architecture = process.arch;
  if (architecture !== 'x64' && architecture !== 'arm64') throw new Error(`no machine of the lab: ${architecture}`);
  const system = openSystem(architecture);
  try {
    await measure(system, architecture);
  } catch (error) {
    // The first program must not die: that is a panic, which hides the reason behind the registers of every CPU.
    process.stderr.write(`${FATAL}${error instanceof Error ? error.message : String(error)}\n`);
  }
  system.powerOff();
}

async function measure(system: System, architecture: 'x64' | 'arm64'): Promise<void> {
  system.mount('devtmpfs', '/dev');
  system.mount('proc', '/proc');
  system.mount('sysfs', '/sys');
  for (const name of lines('/modules/order')) {
    system.insertModule(openSync(`/modules/${name}.ko`, 'r'), name);
  }
  const skip = process.argv.find((word) => word.startsWith('skip='))?.slice('skip='.length) ?? '';
  const port = openPort();
  // Loaded for it alone: every file costs.
  if (process.argv.includes(LEAVE)) return (await import('./live-update.ts')).leave(system, architecture, port);
  if (process.argv.includes(ARRIVE)) return (await import('./live-update.ts')).arrive(port);
  const request = process.argv.includes(REQUEST) ? readRequest(readLine(port)) : PROBE;
  if (request.kind === 'round-trip' || request.kind === 'qemu') setFlagsFromString(BASELINE);
  if (request.kind === 'qemu') await (await import('./qemu.ts')).mountQemus(system);
  await work(port, new Set(skip.split(',')), '/dev/kvm', request);
}

const NEWLINE = 10;

/** Blocks until the other end has written a whole line. */
function readLine(port: number): string {
  const chunks: Buffer[] = [];
  const pause = new Int32Array(new SharedArrayBuffer(4));
  for (const chunk = Buffer.alloc(65_536); ;) {
    const count = readSync(port, chunk);
    // Nothing, while the other end has not opened the port.
    if (count === 0) Atomics.wait(pause, 0, 0, 2);
    const end = chunk.subarray(0, count).indexOf(NEWLINE);
    chunks.push(Buffer.from(chunk.subarray(0, end < 0 ? count : end)));
    if (end >= 0) return Buffer.concat(chunks).toString();
  }
}

function lines(path: string): string[] {
  return readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line !== '');
}

/** The port's file appears when the device has answered on its control queue, a moment after its driver is in. */
function openPort(): number {
  const deadline = performance.now() + PORT_PATIENCE;
  const pause = new Int32Array(new SharedArrayBuffer(4));
  while (performance.now() < deadline) {
    const port = readdirSync('/dev').find((name) => /^vport\d+p\d+$/.test(name));
    if (port !== undefined) return openSync(`/dev/${port}`, 'r+');
    Atomics.wait(pause, 0, 0, 2);
  }
  throw new Error('no virtio-serial port: the kernel has no driver for it (virtio_pci, virtio_console)');
}

void init();
