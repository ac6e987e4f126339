/** The guest's own way from reset to its first round, in a real QEMU that emulates the CPU. */
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { inflateRawSync, deflateRawSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { connectQmp } from '../../../src/interop/qemu/qmp/index.ts';
import { MACHINE, packedGuest, witnessIn } from '../../../src/lab/qemu-roundtrip/guest.ts';
import { cachedQemu } from '../../../src/lab/qemu.ts';
import { labContext } from '../../../src/lab/index.ts';
import { fromHex } from '../../../src/model/index.ts';
import { FILES } from '../../../src/worker/qemu-job.ts';
import { REQUIRED } from '../ready.ts';

const SECONDS = 60;

describe.each(['x86_64', 'arm64'] as const)('the guest on %s', (architecture) => {
  test('comes from reset to its rounds, and finds nothing wrong', { timeout: 2 * SECONDS * 1000 }, async (context) => {
    const qemu = await cachedQemu(labContext(), architecture);
    if (qemu === null) {
      if (REQUIRED) throw new Error('the lab has no QEMU');
      return context.skip("the lab's QEMU is not in the cache");
    }
    const { guest, files, arguments: parameters } = packedGuest(architecture);
    const directory = await mkdtemp(join(tmpdir(), 'evenkeel-guest-'));
    try {
      for (const [name, packed] of Object.entries(files)) {
        await writeFile(join(directory, name), inflateRawSync(Buffer.from(packed, 'base64')));
      }
      const { type, properties } = MACHINE[architecture];
      const machine = [type, ...properties].join(',');
      const own = parameters.map((text) => text.replace(`${FILES}/`, `${directory}/`));
      const words = [
        '-machine',
        machine,
        '-accel',
        'tcg',
        '-cpu',
        'max',
        '-nodefaults',
        '-display',
        'none',
        '-qmp',
        'stdio',
      ];
      const child = spawn(qemu.program, [...qemu.parameters, ...words, ...own], {
        stdio: ['pipe', 'pipe', 'ignore'],
        env: { ...process.env, ...qemu.environment },
      });
      try {
        const qmp = await connectQmp({ readable: child.stdout, writable: child.stdin }, { milliseconds: 30_000 });
        if (!qmp.ok) throw new Error(qmp.error.message);
        const filename = join(directory, 'memory');
        const read = async (val: number, size: number): Promise<Buffer> => {
          const saved = await qmp.value.execute('pmemsave', { val, size, filename });
          if (!saved.ok) throw new Error(saved.error.message);
          return readFile(filename);
        };
        const rounds = async (): Promise<bigint> => (await read(Number(fromHex(guest.rounds)), 8)).readBigUInt64LE(0);
        for (const until = performance.now() + SECONDS * 1000; (await rounds()) < 3n; await sleep(50)) {
          if (performance.now() > until) throw new Error('the guest does no rounds');
        }
        await qmp.value.execute('stop');
        const memory = deflateRawSync(await read(Number(fromHex(guest.base)), guest.length)).toString('base64');
        const report = witnessIn(architecture, guest, memory)?.vcpus[0];
        expect(report?.rounds).toBeGreaterThanOrEqual(3);
        expect(report?.timerTicks).toBeGreaterThan(0);
        // Emulated, a store that no device answers is an external abort; under KVM it is passed over.
        const answered = architecture === 'arm64' ? 'exceptions' : null;
        const wrong = report?.checks.filter(({ name, failures }) => failures > 0 && name !== answered);
        expect(wrong).toEqual([]);
        expect(report?.changes).toEqual([]);
        expect(report?.first.filter(({ value }) => value.kind === 'values').length).toBeGreaterThan(100);
      } finally {
        child.kill('SIGKILL');
      }
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  });
});
