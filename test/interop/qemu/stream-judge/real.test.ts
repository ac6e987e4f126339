/** A real stream: firmware in system management mode, saved by a QEMU that emulates. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { VMM_PROFILES } from '../../../../src/arch/vmm/index.ts';
import { judgeStream } from '../../../../src/interop/qemu/stream-judge/index.ts';
import { openSource, readStream } from '../../../../src/interop/qemu/stream/index.ts';
import { saveGuest, systemQemu } from '../stream/real.ts';
import { surfaceOf, surfaceWithoutMsr } from './stream.ts';

const directory = mkdtempSync(join(tmpdir(), 'evenkeel-stream-'));
afterAll(() => rmSync(directory, { recursive: true }));

test(
  'MSR_SMI_COUNT of a guest whose firmware used SMM is found lost from the file alone',
  { timeout: 120_000 },
  async (context) => {
    const qemu = systemQemu();
    if (qemu === null) return context.skip('this machine has no qemu-system-x86_64');
    const path = join(directory, 'smm.stream');
    await saveGuest(qemu, path, ['-M', 'pc-q35-6.2', '-cpu', 'qemu64', '-m', '32', '-nodefaults'], { run: 5000 });
    const source = await openSource(path);
    if (!source.ok) throw new Error(source.error.message);
    const read = await readStream(source.value);
    if (!read.ok) throw new Error(read.error.message);
    const profile = VMM_PROFILES.find(({ name }) => name === 'qemu:7.2');
    if (profile === undefined) throw new Error('no profile of QEMU 7.2');
    const program = { name: 'qemu:7.2', version: '7.2', dump: null, machines: null, others: [] };
    const judge = (surface: Awaited<ReturnType<typeof surfaceOf>>): unknown =>
      judgeStream(read.value, { surface, profile, program });
    const lost = expect.objectContaining({
      level: 'lost',
      subsection: 'cpu/msr_smi_count',
      word: 'msr/MSR_SMI_COUNT',
    }) as unknown;
    expect(judge(await surfaceWithoutMsr('x86_64/max/debian-6.12', '0x34'))).toMatchObject({
      ok: true,
      value: { level: 'lost', findings: [lost] },
    });
    expect(judge(await surfaceOf('x86_64/max/debian-6.12'))).toMatchObject({ ok: true, value: { level: 'same' } });
  },
);
