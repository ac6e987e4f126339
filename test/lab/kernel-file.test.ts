import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { KERNEL_HEAD, kernelArchitecture } from '../../src/lab/kernel-file.ts';
import { userKernel } from '../../src/lab/kernel.ts';

const directory = mkdtempSync(join(tmpdir(), 'evenkeel-kernel-'));
afterAll(() => rmSync(directory, { recursive: true }));

/** A file's start with a text at an offset. */
function head(text: string, offset: number): Uint8Array {
  const bytes = Buffer.alloc(KERNEL_HEAD);
  bytes.write(text, offset, 'latin1');
  return bytes;
}

const bzImage = head('HdrS', 0x202);
const image = head('ARM\u0064', 56);

describe('the file of a kernel', () => {
  test.each<[what: string, bytes: Uint8Array, is: string | null]>([
    ['bzImage', bzImage, 'x86_64'],
    ['Image', image, 'arm64'],
    ['Image.gz', head('\u001f\u008b', 0), 'arm64'],
    ['vmlinuz.efi of arm64', head('MZ\0\0zimg', 0), 'arm64'],
    ['vmlinux', head('\u007fELF', 0), null],
    ['nothing', new Uint8Array(), null],
    ['one that is cut off before its mark', bzImage.subarray(0, 0x204), null],
  ])('%s', (_, bytes, is) => {
    expect(kernelArchitecture(bytes)).toBe(is);
  });

  test('of the other architecture, or of none, is refused before a machine waits for it', () => {
    const path = join(directory, 'kernel');
    writeFileSync(path, image);
    expect(userKernel('arm64', path, null)).toMatchObject({ ok: true });
    const other = userKernel('x86_64', path, null);
    expect(other).toMatchObject({ ok: false, error: { code: 'usage', hint: '--arch arm64' } });
    expect(!other.ok && other.error.message).toContain('a kernel of arm64');
    writeFileSync(path, 'hello');
    expect(userKernel('x86_64', path, null)).toMatchObject({ ok: false, error: { code: 'usage' } });
    const missing = userKernel('x86_64', join(directory, 'nothing'), null);
    expect(missing).toMatchObject({ ok: false, error: { code: 'usage' } });
    expect(!missing.ok && missing.error.message).toContain('nothing');
  });
});
