import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decide } from '../../../src/interop/libvirt-hook/decide.ts';
import type { Decision, Policy } from '../../../src/interop/libvirt-hook/decide.ts';
import { OPERATIONS, OPERATION_ROWS, VETOABLE } from '../../../src/interop/libvirt-hook/operations.ts';
import { LEVELS, err, ok } from '../../../src/model/index.ts';
import type { Level } from '../../../src/model/index.ts';
import { HOST, UUID, answersOf, domainXml } from './answers.ts';

const STRICT: Policy = { allow: 'same', withoutContract: 'veto' };
const USUAL: Policy = { allow: 'selectable', withoutContract: 'allow' };

function asked(
  operation: string,
  level: Level,
  { policy = USUAL, guest = 'web1', host = HOST }: { policy?: Policy; guest?: string; host?: typeof HOST } = {},
): Decision {
  return decide({ guest, operation, xml: domainXml() }, policy, ok(answersOf({ web1: level })), host);
}

describe('what libvirt kills a running guest for is never vetoed', () => {
  test('the table names every operation of libvirt, and calls killing those that it kills for', () => {
    // docs/hooks.rst of libvirt 11.3.0: "If the script fails, the existing QEMU process will be killed off".
    expect(OPERATION_ROWS.reconnect.failure).toBe('kills');
    expect([...VETOABLE].sort()).toEqual(['migrate', 'prepare', 'start']);
  });

  test('whatever is configured, cached or asked: a veto or no answer comes at operations that can be aborted alone', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.constantFrom(...OPERATIONS), fc.string()),
        fc.constantFrom(...LEVELS),
        fc.constantFrom(...LEVELS),
        fc.constantFrom('allow' as const, 'veto' as const),
        fc.oneof(fc.constant(domainXml()), fc.string()),
        fc.boolean(),
        (operation, level, allow, withoutContract, xml, broken) => {
          const answers = broken ? err('damaged') : ok(answersOf({ web1: level }));
          const decision = decide({ guest: 'web1', operation, xml }, { allow, withoutContract }, answers, HOST);
          const abortable: readonly string[] = VETOABLE;
          if (!abortable.includes(operation)) expect(decision.kind).toBe('allow');
        },
      ),
    );
  });
});

describe('a guest whose contract does not hold here', () => {
  test.each(LEVELS)('at level %s comes in up to the worst level allowed, and not beyond', (level) => {
    for (const allow of LEVELS) {
      const decision = asked('prepare', level, { policy: { allow, withoutContract: 'allow' } });
      expect(decision.kind).toBe(LEVELS.indexOf(level) <= LEVELS.indexOf(allow) ? 'allow' : 'veto');
    }
  });

  test('is vetoed in one line that names the contract, the level and the element', () => {
    const decision = asked('migrate', 'silent');
    expect(decision).toMatchObject({ kind: 'veto' });
    if (decision.kind !== 'veto') return;
    expect(decision.why).toContain('guests/web1.contract.json');
    expect(decision.why).toContain('silent');
    expect(decision.why).toContain('cpuid/0x7:0/ebx/avx2');
    expect(decision.why).not.toContain('\n');
  });

  test('is known by its UUID before its name', () => {
    const answers = ok(answersOf({ web1: 'silent', [UUID]: 'same' }));
    const xml = domainXml();
    expect(decide({ guest: 'web1', operation: 'prepare', xml }, USUAL, answers, HOST).kind).toBe('allow');
    const renamed = ok(answersOf({ web1: 'same', [UUID]: 'silent' }));
    expect(decide({ guest: 'web2', operation: 'prepare', xml }, USUAL, renamed, HOST).kind).toBe('veto');
  });
});

describe('a guest without a contract', () => {
  test('comes in or not as configured', () => {
    expect(asked('prepare', 'silent', { guest: 'other' }).kind).toBe('allow');
    expect(asked('prepare', 'same', { guest: 'other', policy: STRICT }).kind).toBe('veto');
  });

  test('has the contract of all others if it uses KVM; an emulated CPU has nothing to do with this host', () => {
    const answers = ok(answersOf({ web1: 'same' }, { others: 'silent' }));
    const ask = (type: string): Decision =>
      decide({ guest: 'other', operation: 'prepare', xml: domainXml(type) }, USUAL, answers, HOST);
    expect(ask('kvm').kind).toBe('veto');
    expect(ask('qemu').kind).toBe('allow');
  });

  test('named like a property of every object has none', () => {
    for (const guest of ['__proto__', 'constructor', 'toString']) {
      expect(asked('prepare', 'silent', { guest }).kind).toBe('allow');
    }
  });
});

describe('no answer', () => {
  test('where the answers cannot be read', () => {
    const question = { guest: 'web1', operation: 'prepare', xml: domainXml() };
    expect(decide(question, USUAL, err('damaged'), HOST)).toEqual({ kind: 'no-answer', why: 'damaged' });
  });

  test('where they were made on another kernel, CPU, microcode, or with another parameter of KVM', () => {
    const [kvm] = HOST.modules;
    const parameters = { ...kvm?.parameters };
    for (const now of [
      { ...HOST, kernelRelease: '6.12.2' },
      { ...HOST, kernelVersion: '#2 SMP' },
      { ...HOST, cpu: { ...HOST.cpu, model: 'another' } },
      { ...HOST, cpu: { ...HOST.cpu, microcode: '0xa0011d2' } },
      { ...HOST, modules: [] },
      { ...HOST, modules: [{ name: 'kvm', parameters: { ...parameters, ignore_msrs: 'Y' } }] },
      { ...HOST, modules: [...HOST.modules, { name: 'kvm_amd', parameters: {} }] },
      { ...HOST, commandLine: [] },
    ]) {
      expect(asked('prepare', 'same', { host: now }).kind).toBe('no-answer');
    }
  });

  test('but not where somebody tuned what no guest sees', () => {
    const tuned = { ...HOST, modules: [{ name: 'kvm', parameters: { halt_poll_ns: '0', ignore_msrs: 'N' } }] };
    expect(asked('prepare', 'same', { host: tuned }).kind).toBe('allow');
  });

  test("where libvirt's description of the domain cannot be read: it may be any guest that is known by its UUID", () => {
    const answers = ok(answersOf({ web1: 'same' }));
    for (const xml of [
      '',
      '<domain/>',
      '<domain type="kvm">',
      '<!DOCTYPE x><domain type="kvm"/>',
      domainXml('kvm', 'no'),
    ]) {
      expect(decide({ guest: 'web1', operation: 'migrate', xml }, USUAL, answers, HOST).kind).toBe('no-answer');
    }
  });
});
