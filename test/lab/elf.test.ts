import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { trivialInit } from '../../bench/lab-trivial.ts';
import { dynamicNeeds, elfArchitecture, loadedPart, moduleInformation } from '../../src/lab/elf.ts';

const node = readFileSync(process.execPath);
let directory = '';

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'evenkeel-elf-'));
});
afterAll(() => rmSync(directory, { recursive: true }));

describe('trimming an ELF file', () => {
  it('leaves a Node that runs, without what is never loaded', () => {
    const trimmed = loadedPart(node);
    if (!trimmed.ok) throw new Error(trimmed.error);
    expect(trimmed.value.length).toBeLessThan(node.length);
    const file = join(directory, 'node');
    writeFileSync(file, trimmed.value, { mode: 0o755 });
    const said = spawnSync(file, ['-p', '6 * 7'], { encoding: 'utf8' });
    expect(said.stdout.trim()).toBe('42');
  });

  it('changes nothing in a file that is already trimmed', () => {
    const once = loadedPart(node);
    if (!once.ok) throw new Error(once.error);
    const twice = loadedPart(once.value);
    if (!twice.ok) throw new Error(twice.error);
    expect(Buffer.compare(once.value, twice.value)).toBe(0);
  });

  it('refuses a truncated file instead of making a broken program', () => {
    expect(loadedPart(node.subarray(0, node.length / 4))).toMatchObject({ ok: false });
    expect(loadedPart(node.subarray(0, 40))).toEqual({ ok: false, error: 'not an ELF file' });
    expect(loadedPart(readFileSync(import.meta.filename))).toEqual({ ok: false, error: 'not an ELF file' });
  });
});

describe('what an ELF file says of itself', () => {
  it('names the libraries and the interpreter that ldd and the kernel would look for', () => {
    const needs = dynamicNeeds(node);
    if (!needs.ok) throw new Error(needs.error);
    expect(needs.value.libraries).toContain('libc.so.6');
    expect(needs.value.interpreter).toMatch(/^\/lib.*\/ld-linux/);
  });

  it('tells the architectures apart', () => {
    expect(elfArchitecture(node)).toEqual({ ok: true, value: process.arch === 'x64' ? 'x86_64' : 'arm64' });
    expect(elfArchitecture(trivialInit('arm64'))).toEqual({ ok: true, value: 'arm64' });
    expect(elfArchitecture(trivialInit('x86_64'))).toEqual({ ok: true, value: 'x86_64' });
  });

  it('does not take a program for a kernel module', () => {
    expect(moduleInformation(node)).toMatchObject({ ok: false });
  });
});
