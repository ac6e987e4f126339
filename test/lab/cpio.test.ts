import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cpio } from '../../src/lab/cpio.ts';
import type { CpioEntry } from '../../src/lab/cpio.ts';

/** Reads an archive as the kernel's init/initramfs.c does: fixed header, name and data each padded to four bytes. */
function read(archive: Buffer): CpioEntry[] {
  const entries: CpioEntry[] = [];
  let next = 0;
  for (;;) {
    const at = next;
    expect(archive.toString('latin1', at, at + 6)).toBe('070701');
    const field = (index: number): number =>
      Number.parseInt(archive.toString('latin1', at + 6 + index * 8, at + 14 + index * 8), 16);
    const mode = field(1);
    const nameEnd = at + 110 + field(11);
    const path = archive.toString('utf8', at + 110, nameEnd - 1);
    const start = (nameEnd + 3) & ~3;
    const data = archive.subarray(start, start + field(6));
    next = (start + field(6) + 3) & ~3;
    if (path === 'TRAILER!!!') {
      expect(next).toBe(archive.length);
      return entries;
    }
    const type = mode & 0o170000;
    if (type === 0o040000) entries.push({ kind: 'directory', path });
    else if (type === 0o120000) entries.push({ kind: 'link', path, target: data.toString() });
    else if (type === 0o020000) entries.push({ kind: 'character', path, major: field(9), minor: field(10) });
    else if (type === 0o100000)
      entries.push({ kind: 'file', path, data: Uint8Array.from(data), executable: (mode & 0o111) !== 0 });
    else throw new Error(`mode ${mode.toString(8)}`);
  }
}

const path = fc.stringMatching(/^[a-z]{1,9}(\/[a-zå]{1,9})?$/);
const entry: fc.Arbitrary<CpioEntry> = fc.oneof(
  fc.record({ kind: fc.constant('directory' as const), path }),
  fc.record({ kind: fc.constant('link' as const), path, target: path }),
  fc.record({ kind: fc.constant('character' as const), path, major: fc.nat(255), minor: fc.nat(255) }),
  fc.record({
    kind: fc.constant('file' as const),
    path,
    data: fc.uint8Array({ maxLength: 70 }),
    executable: fc.boolean(),
  }),
);

describe('an initramfs archive', () => {
  it('holds what was put in, whatever the lengths of names and data', () => {
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 8 }), (entries) => {
        expect(read(Buffer.concat(cpio(entries)))).toEqual(entries);
      }),
    );
  });
});
