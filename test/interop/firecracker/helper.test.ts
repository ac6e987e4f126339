/**
 * Firecracker's own tools over what is exported: cpu-template-helper, where EVENKEEL_CPU_TEMPLATE_HELPER is the path of
 * one (it is built for one architecture: that of this machine, or what EVENKEEL_CPU_TEMPLATE_HELPER_FOR says), and the
 * published schema (docs/cpu_templates/schema.json of its repository), where EVENKEEL_FIRECRACKER_SCHEMA is its path. No
 * command here needs /dev/kvm.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { measure } from '../../../src/arch/index.ts';
import { compareFingerprints } from '../../../src/interop/firecracker/compare.ts';
import { dumpSurface } from '../../../src/interop/firecracker/dump.ts';
import type { Json } from '../../../src/model/index.ts';
import { captures, contractOf, exportFor, needsCaptures, samePairs } from './captures.ts';

const helper = process.env['EVENKEEL_CPU_TEMPLATE_HELPER'];
const architecture = process.env['EVENKEEL_CPU_TEMPLATE_HELPER_FOR'] ?? (process.arch === 'arm64' ? 'arm64' : 'x86_64');
const schema = process.env['EVENKEEL_FIRECRACKER_SCHEMA'];

const all = captures();
const own = helper === undefined ? [] : all.filter(({ surface }) => surface.architecture === architecture);
const withSchema = schema === undefined ? [] : samePairs(all);
const directory = helper === undefined ? '' : mkdtempSync(join(tmpdir(), 'evenkeel-helper-'));

function run(...words: readonly string[]): { readonly status: number | null; readonly stderr: string } {
  const { status, stderr } = spawnSync(helper ?? '', words, { encoding: 'utf8' });
  return { status, stderr };
}

function file(name: string, text: string): string {
  const path = join(directory, name);
  writeFileSync(path, text);
  return path;
}

describe('cpu-template-helper', () => {
  test('is here', (context) => {
    needsCaptures(context);
    if (helper === undefined) context.skip('EVENKEEL_CPU_TEMPLATE_HELPER does not say where it is');
    expect(own.length).toBeGreaterThan(0);
  });

  test.each(samePairs(own))('reads the template for $name', ({ a, b }) => {
    for (const [name, options] of [
      ['least', {}],
      ['full', { full: true }],
      ['claim', { claim: true }],
    ] as const) {
      const template = file(`${name}.json`, exportFor(contractOf(a), b, options).artefact.text);
      const other = file('other.json', JSON.stringify({ kvm_capabilities: [] }));
      const read = run('template', 'strip', '--paths', template, other, '--suffix', '_stripped');
      expect(read).toEqual({ status: 0, stderr: '' });
    }
  });

  test.each(own)('finds no difference between $name and what is written of it', ({ name, path, surface }) => {
    const written = file(`${name}.json`, dumpSurface(surface, measure(surface)).text);
    expect(run('fingerprint', 'compare', '--prev', path, '--curr', written)).toEqual({ status: 0, stderr: '' });
  });

  test.each(samePairs(own))('says of $name that they differ where Evenkeel does', ({ a, b }) => {
    const { fields, elements } = compareFingerprints(a.surface, b.surface);
    const { status } = run('fingerprint', 'compare', '--prev', a.path, '--curr', b.path);
    expect(status).toBe(fields.length + elements.length === 0 ? 0 : 1);
  });
});

describe('the published schema', () => {
  // Checked as a schema by what reads it.
  const published =
    schema === undefined
      ? z.never()
      : z.fromJSONSchema(JSON.parse(readFileSync(schema, 'utf8')) as z.core.JSONSchema.JSONSchema);

  test.each(withSchema)('allows the templates for $name', ({ a, b }) => {
    for (const options of [{}, { full: true }, { claim: true }]) {
      const template = JSON.parse(exportFor(contractOf(a), b, options).artefact.text) as Json;
      expect(published.safeParse(template).error).toBeUndefined();
    }
  });

  test('refuses what is none, so that the above says something', (context) => {
    needsCaptures(context);
    if (schema === undefined) context.skip('EVENKEEL_FIRECRACKER_SCHEMA does not say where it is');
    expect(published.safeParse({ cpuid_modifiers: [{ modifiers: [{ register: 'rax' }] }] }).success).toBe(false);
  });
});
