import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { diskMaker, writeDisk } from '../../src/lab/disk.ts';
import { labContext, probePrepared } from '../../src/lab/index.ts';
import { run } from '../../src/lab/run.ts';
import { prepare } from '../../src/lab/probe.ts';
import { ready } from './ready.ts';

const SECONDS = 1000;
const CATALOGUED = {
  name: 'debian:6.12',
  architecture: 'arm64',
  image: 'vmlinuz',
  modules: null,
  identity: 'none',
} as const;
let directory = '';

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'evenkeel-disk-'));
});
afterAll(() => rmSync(directory, { recursive: true }));

describe('a disk', () => {
  it('holds what was given: files with their bytes and modes, directories, links', async (test) => {
    const mkfs = diskMaker(CATALOGUED);
    if (mkfs === null) return test.skip('mkfs.ext4 is not installed');
    const path = join(directory, 'small.ext4');
    const data = Buffer.from('seventeen bytes!\n');
    const written = await writeDisk(labContext(), mkfs, path, [
      { kind: 'directory', path: 'dev' },
      { kind: 'character', path: 'dev/console', major: 5, minor: 1 },
      { kind: 'file', path: 'node', data, executable: true },
      { kind: 'link', path: 'lib64/ld.so', target: '/lib/ld.so' },
    ]);
    expect(written.ok).toBe(true);
    const debugfs = join(mkfs, '../debugfs');
    const ask = async (question: string): Promise<string> => {
      const answer = await run(debugfs, ['-R', question, path]);
      if (!answer.ok) throw new Error(answer.error.message);
      return answer.value.toString();
    };
    expect(await ask('cat /node')).toBe(data.toString());
    expect(await ask('stat /node')).toMatch(/Type: regular +Mode: +0755/);
    expect(await ask('stat /dev')).toContain('Type: directory');
    expect(await ask('stat /lib64/ld.so')).toContain('Fast link dest: "/lib/ld.so"');
    // s_feature_compat, s_feature_incompat, s_feature_ro_compat at 0x5c of the superblock, which begins at 1024
    // (Documentation/filesystems/ext4/super.rst): file types and extents, nothing that an old kernel lacks.
    const features = readFileSync(path).subarray(1024 + 0x5c, 1024 + 0x5c + 12);
    expect([0, 4, 8].map((at) => features.readUInt32LE(at))).toEqual([0, 0x42, 0]);
  });

  it('that cannot be written fails as the file system says', async (test) => {
    const mkfs = diskMaker(CATALOGUED);
    if (mkfs === null) return test.skip('mkfs.ext4 is not installed');
    const path = join(directory, 'missing', 'folder.ext4');
    writeFileSync(join(directory, 'missing'), 'a file where a folder is needed');
    await expect(writeDisk(labContext(), mkfs, path, [])).rejects.toThrow('ENOTDIR');
  });

  it('is not for a kernel that the user built', () => {
    const image = process.execPath;
    expect(diskMaker({ name: image, architecture: 'arm64', image, modules: null, identity: 'mine' })).toBeNull();
  });
});

describe('the same kernel from a disk and from an initramfs', () => {
  it('has the same fingerprint', { timeout: 600 * SECONDS }, async (test) => {
    const fromDisk = await ready(test, 'arm64', 'debian:6.12');
    if (fromDisk.medium !== 'disk') return test.skip('mkfs.ext4 is not installed');
    const { image, modules } = fromDisk.kernel;
    const target = { architecture: 'arm64', kernel: image, ...(modules === null ? {} : { modules }) } as const;
    const prepared = await prepare(labContext(), target);
    if (!prepared.ok) throw new Error(prepared.error.message);
    expect(prepared.value.medium).toBe('initramfs');
    const first = await probePrepared(labContext(), fromDisk, target);
    const second = await probePrepared(labContext(), prepared.value, target);
    if (!first.ok || !second.ok) throw new Error('a machine did not come up');
    expect(second.value.surface.fingerprint).toBe(first.value.surface.fingerprint);
  });
});
