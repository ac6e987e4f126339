/** The QMP client against servers that behave, and against such that do not. */
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { connectQmp } from '../../../src/interop/qemu/qmp/index.ts';
import type { ConnectOptions, Qmp } from '../../../src/interop/qemu/qmp/index.ts';

const GREETING =
  '{"QMP": {"version": {"qemu": {"micro": 22, "minor": 2, "major": 7}, "package": "Debian 1:7.2"}, "capabilities": ["oob"]}}\r\n';

let directory: string;
let stop: (() => Promise<void>)[];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'evenkeel-qmp-'));
  stop = [];
});

afterEach(async () => {
  for (const end of stop) await end();
  rmSync(directory, { recursive: true });
});

/** A server for one client; `answer` is called with each line that is JSON, the negotiation apart. */
async function serve(
  onConnect: (socket: Socket) => void,
  answer: (command: { execute: string; id: number; arguments?: unknown }, socket: Socket) => void = () => undefined,
): Promise<string> {
  const path = join(directory, 'qmp.sock');
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    let rest = '';
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => {
      const lines = (rest + chunk.toString()).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        const command = JSON.parse(line) as { execute: string; id: number };
        if (command.execute === 'qmp_capabilities') socket.write(`{"return": {}, "id": ${command.id}}\r\n`);
        else answer(command, socket);
      }
    });
    onConnect(socket);
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  stop.push(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  return path;
}

async function connected(path: string, options: ConnectOptions = {}): Promise<Qmp> {
  const qmp = await connectQmp(path, options);
  if (!qmp.ok) throw new Error(qmp.error.message);
  stop.push(() => Promise.resolve(qmp.value.close()));
  return qmp.value;
}

test('The greeting tells the version', async () => {
  const qmp = await connected(await serve((socket) => socket.write(GREETING)));
  expect(qmp.version).toEqual({ major: 7, minor: 2, micro: 22, package: 'Debian 1:7.2' });
});

test('Answers find their commands, whatever comes between and however the bytes are cut', async () => {
  const held: number[] = [];
  const path = await serve(
    (socket) => {
      for (const byte of GREETING) socket.write(byte);
    },
    ({ id }, socket) => {
      held.push(id);
      if (held.length < 2) return;
      const [first, second] = held;
      const text = `{"event": "STOP", "timestamp": {}}\r\n{"return": "second", "id": ${second}}\r\n{"return": "first", "id": ${first}}\r\n`;
      socket.write(text.slice(0, 41));
      setTimeout(() => socket.write(text.slice(41)), 5);
    },
  );
  const qmp = await connected(path);
  const both = await Promise.all([qmp.execute('query-a'), qmp.execute('query-b')]);
  expect(both).toEqual([
    { ok: true, value: 'first' },
    { ok: true, value: 'second' },
  ]);
});

test('An integer beyond 2^53 keeps all its digits', async () => {
  const path = await serve(
    (socket) => socket.write(GREETING),
    ({ id }, socket) =>
      socket.write(`{"return": [18446744073709551615, 4294967296, -9007199254740993, 1e300], "id": ${id}}\n`),
  );
  const qmp = await connected(path);
  const answer = await qmp.execute('qom-get', { path: '/', property: 'x' });
  expect(answer).toEqual({ ok: true, value: ['18446744073709551615', 4294967296, '-9007199254740993', 1e300] });
});

test("QEMU's errors come with their class and the command", async () => {
  const path = await serve(
    (socket) => socket.write(GREETING),
    ({ id }, socket) =>
      socket.write(
        `{"error": {"class": "CommandNotFound", "desc": "The command x has not been found"}, "id": ${id}}\r\n`,
      ),
  );
  const qmp = await connected(path);
  expect(await qmp.execute('x')).toEqual({
    ok: false,
    error: { code: 'command', command: 'x', class: 'CommandNotFound', message: 'The command x has not been found' },
  });
});

test('An event that came before anybody waited is not lost, and is taken once', async () => {
  const seen: string[] = [];
  const path = await serve(
    (socket) => socket.write(GREETING),
    ({ id }, socket) =>
      socket.write(
        `{"event": "MIGRATION", "data": {"status": "setup"}}\r\n{"event": "STOP"}\r\n{"return": {}, "id": ${id}}\r\n`,
      ),
  );
  const qmp = await connected(path, { onEvent: ({ event }) => seen.push(event) });
  await qmp.execute('migrate', { uri: 'file:/x' });
  expect(seen).toEqual(['MIGRATION', 'STOP']);
  expect(await qmp.event(['STOP'], 100)).toEqual({ ok: true, value: { event: 'STOP', data: null } });
  expect(await qmp.event(['MIGRATION', 'STOP'], 100)).toMatchObject({ value: { data: { status: 'setup' } } });
  expect(await qmp.event(['STOP', 'MIGRATION'], 10)).toMatchObject({ ok: false, error: { code: 'deadline' } });
});

test('Who waits for an event when QEMU ends is told', async () => {
  const path = await serve(
    (socket) => socket.write(GREETING),
    (_, socket) => socket.end(),
  );
  const qmp = await connected(path);
  const waiting = qmp.event(['SHUTDOWN'], 5000);
  expect(await qmp.execute('quit')).toMatchObject({ ok: false, error: { code: 'closed' } });
  expect(await waiting).toMatchObject({ ok: false, error: { code: 'closed' } });
  expect(await qmp.execute('query-status')).toMatchObject({ ok: false, error: { code: 'closed' } });
});

test('An answer that comes after its deadline is dropped, and the next command gets its own', async () => {
  let late: (() => void) | null = null;
  const path = await serve(
    (socket) => socket.write(GREETING),
    ({ id, execute }, socket) => {
      const answer = (): void => {
        socket.write(`{"return": "${execute}", "id": ${id}}\r\n`);
      };
      if (late === null) late = answer;
      else {
        late();
        answer();
      }
    },
  );
  const qmp = await connected(path);
  expect(await qmp.execute('slow', {}, 20)).toMatchObject({ ok: false, error: { code: 'deadline' } });
  expect(await qmp.execute('quick')).toEqual({ ok: true, value: 'quick' });
});

test('A socket that is not there, and one that nobody listens at, are told apart', async () => {
  const missing = await connectQmp(join(directory, 'none'));
  expect(missing).toMatchObject({ ok: false, error: { code: 'unreachable' } });
  expect(missing.ok ? '' : missing.error.message).toContain('there is no such socket');
});

test('A QEMU that is still starting is waited for', async () => {
  const path = join(directory, 'qmp.sock');
  const connecting = connectQmp(path, { patienceMilliseconds: 5000 });
  setTimeout(() => void serve((socket) => socket.write(GREETING)), 60);
  const qmp = await connecting;
  expect(qmp.ok).toBe(true);
  if (qmp.ok) qmp.value.close();
});

const HOSTILE: readonly (readonly [name: string, sends: (socket: Socket) => void, code: string, says: RegExp])[] = [
  ['says nothing', () => undefined, 'protocol', /no greeting/],
  ['closes at once', (socket) => socket.end(), 'closed', /before it greeted/],
  ['is a web server', (socket) => socket.write('HTTP/1.1 400 Bad Request\r\n\r\n'), 'protocol', /HTTP\/1.1 400/],
  [
    'answers before it greets',
    (socket) => socket.write('{"return": {}, "id": 1}\n'),
    'protocol',
    /before the greeting/,
  ],
  ['greets twice', (socket) => socket.write(GREETING + GREETING), 'protocol', /second greeting/],
  ['greets without a version', (socket) => socket.write('{"QMP": {}}\n'), 'protocol', /neither greeting/],
  ['never ends its line', (socket) => socket.write('x'.repeat(5000)), 'protocol', /longer than 4096 bytes/],
  ['answers what nobody asked', (socket) => socket.write(`${GREETING}{"return": 1}\n`), 'protocol', /no command/],
  [
    'sends bytes that are no text',
    (socket) => socket.write(Buffer.from([0xff, 0xfe, 0x0a])),
    'protocol',
    /no QMP message/,
  ],
  ['nests without end', (socket) => socket.write(`${'['.repeat(4000)}\n`), 'protocol', /no QMP message/],
];

for (const [name, sends, code, says] of HOSTILE) {
  test(`A peer that ${name} ends in an error that says so`, async () => {
    const path = await serve(sends);
    const qmp = await connectQmp(path, { milliseconds: 200, lineLimit: 4096 });
    expect(qmp).toMatchObject({ ok: false, error: { code } });
    expect(qmp.ok ? '' : qmp.error.message).toMatch(says);
  });
}
