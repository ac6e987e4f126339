/** `host observe` as a user runs it. */
import { describe, expect, test } from 'vitest';
import { observationSchema } from '../../src/format/index.ts';
import { whyNoKvm } from '../arch/x86/surfaces.ts';
import { STACK_TRACE, evenkeel } from './evenkeel.ts';

const TIMEOUT = 120_000;

describe('host observe', () => {
  test('writes the published format, and its exit code says what is in it', { timeout: TIMEOUT }, async (context) => {
    const why = whyNoKvm();
    if (why !== null) return context.skip(why);
    const { status, stdout } = await evenkeel(['host', 'observe', '-o', 'json']);
    const found = observationSchema.parse(JSON.parse(stdout));
    const wrong = found.counts.differs > 0 || found.behaviours.some(({ findings }) => findings.length > 0);
    expect(status).toBe(wrong ? 1 : found.counts.agrees === 0 ? 3 : 0);
    expect(found.contract).toBeNull();
    expect(found.counts.agrees + found.missing.length).toBeGreaterThan(0);
  });

  test('holds what a guest reads against a contract', { timeout: TIMEOUT }, async (context) => {
    const why = whyNoKvm();
    if (why !== null) return context.skip(why);
    const { status, stdout, stderr } = await evenkeel(['host', 'observe', '--contract', 'host', '-o', 'json']);
    // 5: no guest runs here; that is said.
    if (status === 5) return expect(stderr).toContain('lab observe');
    const found = observationSchema.parse(JSON.parse(stdout));
    expect(status).toBe(found.counts.differs > 0 ? 1 : 0);
    expect(found.contract).toBe('host');
    expect(found.counts.agrees).toBeGreaterThan(0);
  });

  test('a contract of another architecture is refused with both names', { timeout: TIMEOUT }, async (context) => {
    const why = whyNoKvm();
    if (why !== null) return context.skip(why);
    const { status, stderr } = await evenkeel(['host', 'observe', '--contract', 'arm64/max/debian-7.2']);
    expect(status).toBe(4);
    expect(stderr).toContain('arm64/max/debian-7.2');
    expect(stderr).not.toMatch(STACK_TRACE);
  });
});
