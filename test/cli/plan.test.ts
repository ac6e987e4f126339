/** `contract plan` and `contract verify` as a user runs them. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { planSchema, verificationSchema } from '../../src/format/index.ts';
import type { Plan } from '../../src/model/index.ts';
import { whyNoKvm } from '../arch/x86/surfaces.ts';
import { STACK_TRACE, evenkeel } from './evenkeel.ts';

const OLD = 'x86_64/max/debian-6.1';
const NEW = 'x86_64/max/debian-7.2';

let directory = '';
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'evenkeel-plan-'));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

describe('contract plan', () => {
  test('prints the calls in order, a line each, and what they select', async () => {
    const { status, stdout } = await evenkeel(['contract', 'plan', OLD, '--on', NEW, '--from', OLD]);
    expect(status).toBe(0);
    const calls = [...stdout.matchAll(/^\d+ +\S+ +(KVM_\w+)/gm)].map(([, call]) => call);
    expect(calls.indexOf('KVM_CREATE_VM')).toBe(0);
    expect(calls.indexOf('KVM_CREATE_VCPU')).toBeGreaterThan(calls.indexOf('KVM_CREATE_IRQCHIP'));
    expect(calls.indexOf('KVM_SET_CPUID2')).toBeGreaterThan(calls.indexOf('KVM_CREATE_VCPU'));
    expect(stdout).toContain('hidden, because the guest never had them');
  });

  test('writes the published format, whole', async () => {
    const { status, stdout } = await evenkeel(['contract', 'plan', OLD, '--on', NEW, '-o', 'json']);
    expect(status).toBe(0);
    const plan: Plan = planSchema.parse(JSON.parse(stdout));
    expect(plan.architecture).toBe('x86_64');
    expect(plan.steps.length).toBeGreaterThan(0);
  });

  test('of two architectures there is nothing to plan, and that is said', async () => {
    const { status, stderr } = await evenkeel(['contract', 'plan', OLD, '--on', 'arm64/max/debian-7.2']);
    expect(status).toBe(4);
    expect(stderr).toContain('is of x86_64 and arm64/max/debian-7.2 of arm64');
    expect(stderr).not.toMatch(STACK_TRACE);
  });
});

const why = process.arch === 'x64' ? whyNoKvm() : 'there is no x86_64 KVM here';

describe.skipIf(why !== null)('contract verify on this host', () => {
  test('ends with 0 for what the host shows by itself', async () => {
    const { status, stdout, stderr } = await evenkeel(['contract', 'verify', 'host']);
    expect(status, stderr).toBe(0);
    expect(stdout).toMatch(/^This host honours the contract: /);
  });

  test('ends with 3 where something was set that no call reads back, and names it', async () => {
    const path = join(directory, 'quirk.json');
    const pinned = await evenkeel(['contract', 'pin', 'host', '--set', 'quirk/LINT0_REENABLED=0', '-w', path]);
    expect(pinned.status, pinned.stderr).toBe(0);
    const { status, stdout } = await evenkeel(['contract', 'verify', path, '-o', 'json']);
    expect(status).toBe(3);
    const found = verificationSchema.parse(JSON.parse(stdout));
    expect(found.honoured).toBe('unknown');
    expect(found.elements).toMatchObject([{ element: 'quirk/LINT0_REENABLED', outcome: 'unreadable' }]);
  });

  test('ends with 1 for a contract of another CPU, with what is not there', async () => {
    const path = join(directory, 'other.json');
    await evenkeel(['contract', 'pin', NEW, '--write', path]);
    expect(readFileSync(path, 'utf8')).toContain('evenkeel.contract/1');
    const { status, stdout } = await evenkeel(['contract', 'verify', path]);
    expect(status).toBe(1);
    expect(stdout).toMatch(/^This host does not honour the contract/);
    expect(stdout).toMatch(/^ +(ignored|refused|differs) /m);
  });
});

describe('lab verify', () => {
  test('a CPU that nothing was recorded on is a wrong command line', async () => {
    const { status, stderr } = await evenkeel(['lab', 'verify', '--cpu', 'pentium']);
    expect(status).toBe(2);
    expect(stderr).toContain('nothing was recorded on a CPU pentium');
    expect(stderr).not.toMatch(STACK_TRACE);
  });

  test('contracts of two architectures are refused before anything is booted', async () => {
    const { status, stderr } = await evenkeel(['lab', 'verify', OLD, 'arm64/max/debian-7.2']);
    expect(status).toBe(4);
    expect(stderr).toContain('arm64/max/debian-7.2 is of arm64');
  });
});
