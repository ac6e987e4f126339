/**
 * Does the jobs of a QEMU request one after the other and tells of them as the worker tells of its steps. Nothing in here
 * makes an ioctl, so that a job may wait for its QEMU without blocking; each wait has an end.
 */
import { createServer, connect } from 'node:net';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { describeQmpError, isObject } from '../interop/qemu/qmp/index.ts';
import type { Qmp } from '../interop/qemu/qmp/index.ts';
import { fromHex } from '../model/index.ts';
import type { Architecture, Json } from '../model/index.ts';
import type { Step } from '../probe/index.ts';
import { FILES } from './qemu-job.ts';
import type { Packed, QemuGuest, QemuJob, QemuJobDone, QemuRequest, QemuStage } from './qemu-job.ts';
import { COMMAND_MILLISECONDS, startQemu } from './qemu-process.ts';
import type { QemuProcess } from './qemu-process.ts';
import type { Message } from './protocol.ts';

/** On a host that is not emulated; a job that takes longer than all of its own deadlines together is hung. */
const SECONDS = 15;
/** Milliseconds, under emulation: a stream in or out, and the guest's rounds. */
const STREAM_DEADLINE = 60_000;
const ROUNDS_DEADLINE = 30_000;
const POLL = 10;
/** A QEMU that gives up says why, and ends. */
const ENDING = 1000;

/** For the supervisor, which counts their seconds; done by `runQemuJobs`. */
export function qemuSteps({ jobs }: QemuRequest): Step[] {
  return jobs.map(({ name }) => ({
    name,
    seconds: SECONDS,
    run: () => ({ outcome: 'absent', reason: 'it is done by QEMU, not by a step' }),
  }));
}

export async function runQemuJobs(
  { architecture, jobs, blobs }: QemuRequest,
  skip: ReadonlySet<string>,
  send: (message: Message) => void,
): Promise<void> {
  const started = performance.now();
  const wanted = jobs.filter(({ name }) => !skip.has(name));
  send({ event: 'hello', steps: wanted.map(({ name }) => name), startMilliseconds: Math.round(started) });
  for (const job of wanted) {
    send({ event: 'begin', step: job.name });
    const begun = performance.now();
    const done = await runJob({ architecture, blob: (key) => unpack(blobs[key] ?? '') }, job, (what) =>
      send({ event: 'note', step: job.name, what }),
    );
    const milliseconds = Math.round(performance.now() - begun);
    // Plain JSON, which interfaces within it do not say.
    const data = JSON.parse(JSON.stringify(done)) as Json;
    send({ event: 'end', step: job.name, milliseconds, section: { outcome: 'measured', data } });
  }
  send({ event: 'done', ioctls: 0, milliseconds: Math.round(performance.now() - started) });
}

interface Progress {
  memory: Packed | null;
  answers: Json[];
  stream: Packed | null;
  streamBytes: number | null;
  readonly milliseconds: Partial<Record<QemuStage, number>>;
}

const SOCKET = { incoming: `${FILES}/incoming.sock`, outgoing: `${FILES}/outgoing.sock` } as const;
const MEMORY = `${FILES}/memory`;

interface Surroundings {
  readonly architecture: Architecture;
  readonly blob: (key: string) => Buffer;
}

async function runJob(around: Surroundings, job: QemuJob, note: (what: string) => void): Promise<QemuJobDone> {
  const { architecture, blob } = around;
  const progress: Progress = {
    memory: null,
    answers: [],
    stream: null,
    streamBytes: null,
    milliseconds: {},
  };
  for (const [name, key] of Object.entries(job.files)) writeFileSync(`${FILES}/${name}`, blob(key));
  for (const path of Object.values(SOCKET)) rmSync(path, { force: true });
  note('starting QEMU');
  const begun = performance.now();
  const incoming = job.stream === null ? [] : ['-incoming', `unix:${SOCKET.incoming}`];
  const process = await startQemu(architecture, job.version, [...job.arguments, ...incoming]);
  progress.milliseconds.start = Math.round(performance.now() - begun);
  let failure: QemuJobDone['failure'] = null;
  try {
    failure = process.qmp.ok
      ? await stages(around, job, process, process.qmp.value, progress, note)
      : { stage: 'start', text: describeQmpError(process.qmp.error) };
  } finally {
    // One that is ending by itself is given the time to say why.
    await Promise.race([process.gone, sleep(failure === null ? 0 : ENDING)]);
    await process.kill();
    for (const name of Object.keys(job.files)) rmSync(`${FILES}/${name}`, { force: true });
  }
  return { failure, said: process.said(), ended: process.ended(), ...progress };
}

async function stages(
  { blob }: Surroundings,
  job: QemuJob,
  process: QemuProcess,
  qmp: Qmp,
  progress: Progress,
  note: (what: string) => void,
): Promise<QemuJobDone['failure']> {
  const stage = async (name: QemuStage, work: () => Promise<string | null>): Promise<QemuJobDone['failure']> => {
    note(name);
    const begun = performance.now();
    const text = await work();
    progress.milliseconds[name] = Math.round(performance.now() - begun);
    return text === null ? null : { stage: name, text };
  };
  const { guest, stream } = job;
  if (guest !== null) {
    const ran =
      (stream === null ? null : await stage('receive', () => receive(qmp, process, blob(stream)))) ??
      (await stage('run', () => run(qmp, job, guest, progress)));
    if (ran !== null) return ran;
  }
  for (const { execute, arguments: given } of job.ask) {
    const answer = await qmp.execute(execute, given, COMMAND_MILLISECONDS);
    if (!answer.ok) return { stage: 'ask', text: describeQmpError(answer.error) };
    progress.answers.push(answer.value);
  }
  return job.save ? stage('save', () => save(qmp, process, progress)) : null;
}

/** Null where the stream was loaded. */
async function receive(qmp: Qmp, process: QemuProcess, bytes: Uint8Array): Promise<string | null> {
  const socket = connect(SOCKET.incoming);
  // QEMU closes its end at the first thing that it does not like; that is told otherwise.
  socket.on('error', () => undefined);
  socket.end(bytes);
  for (const until = performance.now() + STREAM_DEADLINE; performance.now() < until; await sleep(POLL)) {
    const status = await statusOf(qmp);
    if (!status.ok) return (await isEnding(process)) ? 'QEMU ended while it loaded the stream' : status.error;
    if (status.value !== 'inmigrate') return null;
    const migration = await migrationOf(qmp);
    if (migration.status === 'failed') return `migration failed${migration.text}`;
  }
  socket.destroy();
  return 'the stream was not loaded before the deadline';
}

/** A connection breaks off a moment before the process is known to have ended. */
async function isEnding(process: QemuProcess): Promise<boolean> {
  await Promise.race([process.gone, sleep(ENDING)]);
  return process.ended() !== null;
}

async function run(
  qmp: Qmp,
  { stream, rounds }: QemuJob,
  guest: QemuGuest,
  progress: Progress,
): Promise<string | null> {
  let goal = BigInt(rounds);
  if (stream !== null) {
    const done = await roundsOf(qmp, guest);
    if (typeof done === 'string') return done;
    goal += done;
    const going = await execute(qmp, 'cont');
    if (going !== null) return going;
  }
  for (const until = performance.now() + ROUNDS_DEADLINE; ; await sleep(POLL)) {
    const status = await statusOf(qmp);
    if (!status.ok) return status.error;
    const done = await roundsOf(qmp, guest);
    if (typeof done === 'string') return done;
    if (done >= goal) return stop(qmp, guest, progress);
    if (status.value !== 'running') {
      await stop(qmp, guest, progress);
      return `the guest stands still: ${status.value}`;
    }
    if (performance.now() < until) continue;
    await stop(qmp, guest, progress);
    return 'the guest did not do its rounds before the deadline';
  }
}

async function stop(qmp: Qmp, { base, length }: QemuGuest, progress: Progress): Promise<string | null> {
  const stopped = await execute(qmp, 'stop');
  if (stopped !== null) return stopped;
  const read = await readMemory(qmp, fromHex(base), length);
  if (typeof read === 'string') return read;
  progress.memory = pack(read);
  return null;
}

/** Null where QEMU did it. */
async function execute(qmp: Qmp, command: string): Promise<string | null> {
  const done = await qmp.execute(command, undefined, COMMAND_MILLISECONDS);
  return done.ok ? null : describeQmpError(done.error);
}

async function roundsOf(qmp: Qmp, { rounds }: QemuGuest): Promise<bigint | string> {
  const read = await readMemory(qmp, fromHex(rounds), 8);
  return typeof read === 'string' ? read : read.readBigUInt64LE(0);
}

/** Null where the stream is there whole. */
async function save(qmp: Qmp, process: QemuProcess, progress: Progress): Promise<string | null> {
  const chunks: Buffer[] = [];
  const { promise: whole, resolve } = Promise.withResolvers<void>();
  const server = createServer((socket) => {
    socket.on('data', (chunk) => chunks.push(Buffer.from(chunk)));
    socket.on('close', () => resolve());
    socket.on('error', () => resolve());
  });
  server.listen(SOCKET.outgoing);
  try {
    const begun = await qmp.execute('migrate', { uri: `unix:${SOCKET.outgoing}` }, COMMAND_MILLISECONDS);
    if (!begun.ok) return describeQmpError(begun.error);
    for (const until = performance.now() + STREAM_DEADLINE; ; await sleep(POLL)) {
      const { status, text } = await migrationOf(qmp);
      if (status === 'unknown' && (await isEnding(process))) return 'QEMU ended while it saved the guest';
      if (status === 'completed') break;
      if (status === 'failed' || status === 'cancelled') return `migration ${status}${text}`;
      if (performance.now() >= until) return `migration not finished before the deadline: ${status}`;
    }
    await Promise.race([whole, sleep(COMMAND_MILLISECONDS)]);
  } finally {
    server.close();
  }
  const bytes = Buffer.concat(chunks);
  progress.stream = pack(bytes);
  progress.streamBytes = bytes.length;
  return null;
}

type Asked<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: string };

async function statusOf(qmp: Qmp): Promise<Asked<string>> {
  const answer = await qmp.execute('query-status', undefined, COMMAND_MILLISECONDS);
  if (!answer.ok) return { ok: false, error: describeQmpError(answer.error) };
  const status = isObject(answer.value) ? answer.value['status'] : undefined;
  return { ok: true, value: typeof status === 'string' ? status : 'unknown' };
}

/** `text`: what QEMU says of a failure (error-desc), after a colon. */
async function migrationOf(qmp: Qmp): Promise<{ readonly status: string; readonly text: string }> {
  const answer = await qmp.execute('query-migrate', undefined, COMMAND_MILLISECONDS);
  if (!answer.ok || !isObject(answer.value)) return { status: 'unknown', text: '' };
  const { status, 'error-desc': why } = answer.value;
  return {
    status: typeof status === 'string' ? status : 'none',
    text: typeof why === 'string' ? `: ${why}` : '',
  };
}

/** Guest-physical memory by way of a file; or, in words, why not. */
async function readMemory(qmp: Qmp, at: bigint, length: number): Promise<Buffer | string> {
  const saved = await qmp.execute(
    'pmemsave',
    { val: Number(at), size: length, filename: MEMORY },
    COMMAND_MILLISECONDS,
  );
  return saved.ok ? readFileSync(MEMORY) : describeQmpError(saved.error);
}

function pack(bytes: Uint8Array): Packed {
  return deflateRawSync(bytes, { level: 1 }).toString('base64');
}

function unpack(packed: Packed): Buffer {
  return inflateRawSync(Buffer.from(packed, 'base64'));
}
