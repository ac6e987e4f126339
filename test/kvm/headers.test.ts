import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import * as ioctls from '../../src/kvm/ioctls.ts';
import { requestCode } from '../../src/kvm/ioctl.ts';
import type { Ioctl } from '../../src/kvm/ioctl.ts';
import * as common from '../../src/kvm/structs/common.ts';
import * as arm64 from '../../src/kvm/structs/arm64.ts';
import * as x86 from '../../src/kvm/structs/x86.ts';
import * as x86State from '../../src/kvm/structs/x86-state.ts';
import type { FlexibleArray, Struct } from '../../src/kvm/struct.ts';

const own = process.arch === 'x64' ? 'x86_64' : process.arch === 'arm64' ? 'arm64' : null;
const layouts: readonly (Struct | FlexibleArray)[] = [
  ...Object.values(common),
  ...(own === 'arm64' ? Object.values(arm64) : [...Object.values(x86), ...Object.values(x86State)]),
];

/** Where a layout names a field otherwise than C does: one range of kvm_msr_filter's array, the first feature word. */
const C_FIELDS: Readonly<Record<string, string>> = {
  'kvm_msr_filter.rangeFlags': 'ranges[0].flags',
  'kvm_msr_filter.nmsrs': 'ranges[0].nmsrs',
  'kvm_msr_filter.base': 'ranges[0].base',
  'kvm_msr_filter.bitmap': 'ranges[0].bitmap',
  'kvm_vcpu_init.features0': 'features[0]',
  'kvm_enable_cap.arg0': 'args[0]',
  'kvm_enable_cap.arg1': 'args[1]',
  'kvm_nested_state.hdr': 'hdr',
  'kvm_irq_routing_entry.address_lo': 'u.msi.address_lo',
  'kvm_irq_routing_entry.address_hi': 'u.msi.address_hi',
  'kvm_irq_routing_entry.data': 'u.msi.data',
  'kvm_vcpu_events.serror_pending': 'exception.serror_pending',
  'kvm_vcpu_events.serror_has_esr': 'exception.serror_has_esr',
  'kvm_vcpu_events.ext_dabt_pending': 'exception.ext_dabt_pending',
  'kvm_vcpu_events.serror_esr': 'exception.serror_esr',
  'kvm_xcrs.xcr': 'xcrs[0].xcr',
  'kvm_xcrs.value': 'xcrs[0].value',
};

/** What a C program prints for the same headers, by key; an empty list where it could not be built. */
function ask(lines: readonly string[]): Map<string, number> | string {
  const directory = mkdtempSync(join(tmpdir(), 'evenkeel-headers-'));
  try {
    const source = join(directory, 'ask.c');
    const program = join(directory, 'ask');
    const body = lines.join('\n');
    writeFileSync(
      source,
      `#include <stdio.h>\n#include <stddef.h>\n#include <sys/ioctl.h>\n#include <linux/kvm.h>\nint main(void){\n${body}\nreturn 0;}\n`,
    );
    const built = spawnSync('gcc', ['-o', program, source], { encoding: 'utf8' });
    if (built.status !== 0) return built.stderr;
    const ran = spawnSync(program, { encoding: 'utf8' });
    return new Map(
      ran.stdout
        .trim()
        .split('\n')
        .map((line): [string, number] => {
          const [key = '', value = ''] = line.split(' ');
          return [key, Number(value)];
        }),
    );
  } finally {
    rmSync(directory, { recursive: true });
  }
}

function missing(): string | null {
  if (own === null) return `KVM has no ${process.arch} here`;
  if (!existsSync('/usr/include/linux/kvm.h')) return 'the kernel headers (linux/kvm.h) are not installed';
  return spawnSync('gcc', ['--version']).status === 0 ? null : 'gcc is not installed';
}

/** Things that the installed headers know; the rest is printed, because nothing checked it. */
function known(names: readonly string[], probe: (name: string) => string): string[] {
  const refused: string[] = [];
  const found = names.filter((name) => {
    const answer = ask([probe(name)]);
    if (typeof answer === 'string') refused.push(name);
    return typeof answer !== 'string';
  });
  if (refused.length > 0)
    process.stdout.write(`not checked, newer than the installed headers: ${refused.join(', ')}\n`);
  return found;
}

describe('the FFI tables agree with the kernel headers', () => {
  test('request codes', { timeout: 120_000 }, (context) => {
    const why = missing();
    if (why !== null) return context.skip(why);
    const rows: readonly Ioctl[] = Object.values(ioctls).filter((row: Ioctl) => (row.architecture ?? own) === own);
    expect(rows.length).toBeGreaterThan(30);
    const ifdefs = ask(
      rows.map(({ name }) => `#ifdef ${name}\nprintf("${name} %lu\\n", (unsigned long)${name});\n#endif`),
    );
    // A request code names its struct: where the struct is newer than the header, the whole file does not compile.
    const codes = typeof ifdefs === 'string' ? new Map<string, number>() : ifdefs;
    const unchecked = rows.filter(({ name }) => !codes.has(name)).map(({ name }) => name);
    if (unchecked.length > 0)
      process.stdout.write(`not checked, newer than the installed headers: ${unchecked.join(', ')}\n`);
    expect(codes.size).toBeGreaterThan(30);
    for (const row of rows)
      if (codes.has(row.name)) expect([row.name, requestCode(row)]).toEqual([row.name, codes.get(row.name)]);
  });

  test('struct sizes and field offsets', { timeout: 120_000 }, (context) => {
    const why = missing();
    if (why !== null) return context.skip(why);
    const structs: Struct[] = layouts.flatMap((layout) =>
      'size' in layout ? [layout] : [layout.header, layout.entry],
    );
    const named = structs.filter(({ name }) => !name.startsWith('__u'));
    const checked = known(
      named.map(({ name }) => name),
      (name) => `printf("x %zu\\n", sizeof(struct ${name}));`,
    );
    expect(checked.length).toBeGreaterThan(10);
    const lines = named
      .filter(({ name }) => checked.includes(name))
      .flatMap(({ name, fields }) => [
        `printf("${name} %zu\\n", sizeof(struct ${name}));`,
        ...Object.keys(fields).flatMap((field) => {
          const path = C_FIELDS[`${name}.${field}`] ?? field;
          const offset = `printf("${name}.${field} %zu\\n", offsetof(struct ${name}, ${path}));`;
          const size = `printf("${name}.${field}.size %zu\\n", sizeof(((struct ${name} *)0)->${path}));`;
          return [offset, size];
        }),
      ]);
    const answer = ask(lines);
    if (typeof answer === 'string') throw new Error(answer);
    for (const { name, size, fields } of named) {
      if (!checked.includes(name)) continue;
      expect([name, size]).toEqual([name, answer.get(name)]);
      for (const [field, { offset, size: bytes }] of Object.entries(fields)) {
        expect([name, field, offset, bytes]).toEqual([
          name,
          field,
          answer.get(`${name}.${field}`),
          answer.get(`${name}.${field}.size`),
        ]);
      }
    }
  });
});
