/** A running guest's view over QMP: of real QEMUs, and of servers that do not behave. */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { TestContext } from 'vitest';
import { QEMU_VERSIONS } from '../../../src/arch/vmm/qemu-version.ts';
import type { QemuVersion } from '../../../src/arch/vmm/qemu-version.ts';
import { toDocument } from '../../../src/format/index.ts';
import { importGuest } from '../../../src/interop/qemu/import/index.ts';
import { connectQmp } from '../../../src/interop/qemu/qmp/index.ts';
import { ok } from '../../../src/model/index.ts';
import type { Architecture, Contract, Json, Result } from '../../../src/model/index.ts';
import { STACK_TRACE, evenkeel } from '../../cli/evenkeel.ts';
import type { Ran } from '../../cli/evenkeel.ts';
import { argumentOf, exportOf } from './export/contracts.ts';
import { qemuProgram } from './programs.ts';

let directory: string;
let running: ChildProcess[];
let servers: { readonly server: Server; readonly sockets: Set<Socket> }[];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'evenkeel-import-'));
  running = [];
  servers = [];
});

afterEach(async () => {
  for (const child of running) child.kill('SIGKILL');
  for (const { server, sockets } of servers) {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  }
  rmSync(directory, { recursive: true });
});

/** A guest that stands still; its monitor's socket. */
async function guest(
  test: TestContext,
  version: QemuVersion,
  architecture: Architecture,
  list: readonly string[],
): Promise<string> {
  const { program, parameters, environment } = await qemuProgram(test, version, architecture);
  const socket = join(directory, 'monitor');
  const base = ['-S', '-display', 'none', '-nodefaults', '-monitor', 'none', '-accel', 'tcg'];
  const monitor = ['-qmp', `unix:${socket},server=on,wait=off`];
  const child = spawn(program, [...parameters, ...base, ...monitor, ...list], {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  running.push(child);
  // The command itself does not wait for a QEMU that is not there yet.
  const qmp = await connectQmp(socket, { patienceMilliseconds: 30_000 });
  if (!qmp.ok) throw new Error(qmp.error.message);
  qmp.value.close();
  return socket;
}

function contractIn(ran: Ran): Contract {
  expect(ran.status, ran.stderr).toBe(0);
  const document = toDocument('stdout', JSON.parse(ran.stdout) as Json);
  if (!document.ok || document.value.kind !== 'contract') throw new Error('no contract');
  return document.value.contract;
}

const valueOf = ({ promises }: Contract, word: string): bigint | undefined =>
  promises.find((promised) => promised.word === word)?.value;

describe.each(QEMU_VERSIONS)('a guest of QEMU %s', (version) => {
  const features = ['fpu', 'msr', 'pae', 'sse2', 'ssse3', 'lm', 'syscall', 'nx', 'bmi1', 'lahf-lm', 'hypervisor'];

  test(
    'on x86_64 has what it was started with, and the same arguments come out',
    { timeout: 120_000 },
    async (context) => {
      const identity = 'vendor=AuthenticAMD,family=25,model=1,stepping=1,level=13,xlevel=2147483658,phys-bits=40';
      const cpu = `base,${identity},model-id=A CPU,${features.map((name) => `${name}=on`).join(',')}`;
      const list = ['-machine', `pc-q35-${version}`, '-cpu', cpu, '-name', 'web', '-smp', '2'];
      const socket = await guest(context, version, 'x86_64', list);
      const ran = await evenkeel(['contract', 'import', '--qmp', socket]);
      const contract = contractIn(ran);
      expect(contract.name).toBe('web');
      expect(contract.choices['machine']).toBe(`pc-q35-${version}`);
      expect(ran.stderr).toContain('KVM does not run this guest');
      expect(valueOf(contract, 'cpuid/0x1:0/eax')).toBe(0xa0_0f11n);
      expect(valueOf(contract, 'cpuid/0x80000008:0/eax')).toBe(0x3028n);
      // What QMP says nothing of is not promised.
      expect(contract.unknown.length).toBeGreaterThan(5);
      expect(valueOf(contract, 'cpuid/0x80000005:0/ecx')).toBeUndefined();
      const said = argumentOf(exportOf(contract, { version }), '-cpu');
      const on = said.filter((text) => features.includes(text.replace(/=on$/, '')));
      expect(on.toSorted()).toEqual(features.map((name) => `${name}=on`).toSorted());
      expect(said).toEqual(expect.arrayContaining([...identity.split(','), 'model-id=A CPU']));
    },
  );

  test('on arm64 is imported without a word on its ID registers', { timeout: 120_000 }, async (context) => {
    const list = ['-machine', `virt-${version},gic-version=3`, '-cpu', 'cortex-a57'];
    const socket = await guest(context, version, 'arm64', list);
    const contract = contractIn(await evenkeel(['contract', 'import', '--qmp', socket, '--name', 'arm']));
    expect(contract).toMatchObject({ name: 'arm', architecture: 'arm64' });
    // Cortex-A57 r1p0 (its Technical Reference Manual, MIDR_EL1).
    expect(contract.promises).toEqual([{ word: 'reg/MIDR_EL1', width: 64, value: 0x411f_d070n, mask: 0xffff_ffffn }]);
    expect(contract.choices['machine']).toContain('gic-version=3');
  });
});

test('--write gives a file, and nothing on standard output', { timeout: 120_000 }, async (context) => {
  const socket = await guest(context, '7.2', 'x86_64', ['-machine', 'pc-q35-7.2', '-cpu', 'base,lm=on']);
  const file = join(directory, 'contract.json');
  const ran = await evenkeel(['contract', 'import', '--qmp', socket, '--write', file]);
  expect(ran).toMatchObject({ status: 0, stdout: '' });
  expect(readFileSync(file, 'utf8')).toContain('evenkeel.contract/1');
});

const GREETING =
  '{"QMP": {"version": {"qemu": {"micro": 0, "minor": 2, "major": 7}, "package": ""}, "capabilities": []}}\n';

type Answers = Readonly<Record<string, Json>>;

/** A server that answers each command with the same. */
async function serve(answers: Answers): Promise<string> {
  const path = join(directory, `server-${servers.length}`);
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.write(GREETING);
    let rest = '';
    socket.on('data', (chunk) => {
      const lines = (rest + chunk.toString()).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        const {
          execute,
          id,
          arguments: given,
        } = JSON.parse(line) as {
          execute: string;
          id: number;
          arguments?: { path?: string; property?: string };
        };
        const property = given?.property ?? '';
        const value =
          answers[`${execute} ${given?.path} ${property}`] ??
          answers[`${execute} ${property}`.trim()] ??
          answers[execute] ??
          {};
        socket.write(`${JSON.stringify({ return: value, id })}\n`);
      }
    });
  });
  servers.push({ server, sockets });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  return path;
}

const GOOD: Answers = {
  'query-target': { arch: 'x86_64' },
  'query-kvm': { enabled: true, present: true },
  'qom-get type': 'pc-q35-7.2-machine',
  'query-cpus-fast': [{ 'qom-path': '/cpu' }],
  'qom-list': ['feature-words', 'filtered-features', 'family', 'model', 'stepping', 'vendor'].map((name) => ({ name })),
  'qom-get feature-words': [{ 'cpuid-register': 'EDX', 'cpuid-input-eax': 1, features: 1 }],
  'qom-get filtered-features': [],
  'qom-get family': 6,
  'qom-get model': 85,
  'qom-get stepping': 7,
  'qom-get vendor': 'GenuineIntel',
};

describe('answers that are not what they should be', () => {
  const importFrom = async (answers: Answers): Promise<Result<Contract, string>> => {
    const qmp = await connectQmp(await serve(answers));
    if (!qmp.ok) throw new Error(qmp.error.message);
    const imported = await importGuest(qmp.value, undefined);
    qmp.value.close();
    return imported.ok ? ok(imported.value.contract) : imported;
  };

  const contractFrom = async (answers: Answers): Promise<Contract> => {
    const imported = await importFrom(answers);
    if (!imported.ok) throw new Error(imported.error);
    return imported.value;
  };

  test('the answers that these differ from are good', async () => {
    expect(valueOf(await contractFrom(GOOD), 'cpuid/0x1:0/eax')).toBe(0x5_0657n);
  });

  test('end the command with a line that names the socket', async () => {
    const socket = await serve({ ...GOOD, 'query-target': { arch: 's390x' } });
    const { status, stdout, stderr } = await evenkeel(['contract', 'import', '--qmp', socket]);
    expect({ status, stdout }).toEqual({ status: 4, stdout: '' });
    expect(stderr).toContain(`${socket}: the guest is of "s390x"`);
    expect(stderr).not.toMatch(STACK_TRACE);
  });

  test.each([
    [{ 'query-target': { arch: 's390x' } }, 'the guest is of "s390x"'],
    [{ 'query-target': 7 }, 'the guest is of nothing'],
    [{ 'qom-get type': 7 }, "the machine's type is 7"],
    [{ 'query-cpus-fast': [] }, 'names no vCPU'],
    [{ 'query-cpus-fast': [{}] }, 'names no vCPU'],
    [{ 'query-cpus-fast': 'x' }, 'names no vCPU'],
    [{ 'qom-list': [] }, 'feature-words is nothing'],
    [{ 'qom-get feature-words': 'all' }, 'feature-words is "all"'],
    [{ 'qom-get feature-words': [{ 'cpuid-register': 'EBP' }] }, 'which is no feature word'],
    [
      { 'qom-get feature-words': [{ 'cpuid-register': 'EDX', 'cpuid-input-eax': 1, features: -1 }] },
      'which is no feature word',
    ],
    [
      { 'qom-get feature-words': [{ 'cpuid-register': 'EDX', 'cpuid-input-eax': 1e18, features: 1 }] },
      'which is no feature word',
    ],
  ])('%j', async (wrong, text) => {
    const imported = await importFrom({ ...GOOD, ...wrong });
    expect(imported.ok ? null : imported.error).toContain(text);
  });

  test.each([
    ['a number that fits into no CPUID field', { 'qom-get family': 100_000 }, 'cpuid/0x1:0/eax'],
    ['a name that is too long', { 'qom-get vendor': 'GenuineIntelInside' }, 'cpuid/0x0:0/ebx'],
    ['a text of other characters', { 'qom-get vendor': 'Genu\u0131neIntel' }, 'cpuid/0x0:0/ebx'],
  ])('of %s nothing is promised', async (_, wrong, word) => {
    expect(valueOf(await contractFrom({ ...GOOD, ...wrong }), word)).toBeUndefined();
  });

  test('vCPUs that are not alike', async () => {
    const two = { ...GOOD, 'query-cpus-fast': [{ 'qom-path': '/cpu' }, { 'qom-path': '/other' }] };
    const unlike = { 'qom-get /other feature-words': [{ 'cpuid-register': 'EDX', 'cpuid-input-eax': 1, features: 3 }] };
    expect((await importFrom(two)).ok).toBe(true);
    const imported = await importFrom({ ...two, ...unlike });
    expect(imported.ok ? null : imported.error).toContain('vCPU 1 differs from vCPU 0 in cpuid/0x1:0/edx');
  });

  test('nobody listens', async () => {
    const { status, stderr } = await evenkeel(['contract', 'import', '--qmp', join(directory, 'nothing')]);
    expect(status).toBe(4);
    expect(stderr).toContain('there is no such socket');
  });
});
