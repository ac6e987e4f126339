import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { measure, registryFor } from '../../../src/arch/index.ts';
import { CompiledEngine, check, diff, pin } from '../../../src/engine/index.ts';
import { parseJson, surfaceText, toDocument } from '../../../src/format/index.ts';
import { readLibvirt } from '../../../src/interop/libvirt/index.ts';
import { extract } from '../../../src/model/index.ts';
import type { Contract, MeasuredSurface, MeasuredWord, Surface } from '../../../src/model/index.ts';
import { toyMap } from './toy-map.ts';

const MAP = toyMap();
const registry = registryFor('x86_64');

const CPU = `<cpu mode='custom' match='exact' check='full'>
  <model fallback='forbid'>EPYC-Rome</model>
  <vendor>AMD</vendor>
  <maxphysaddr mode='emulate' bits='46'/>
  <topology sockets='1' dies='1' cores='2' threads='1'/>
  <feature policy='require' name='x2apic'/>
  <feature policy='disable' name='svm'/>
  <feature policy='optional' name='erms'/>
</cpu>`;

const DOMAIN = `<domain type='kvm' id='3'>
  <name>web</name>
  <os><type arch='x86_64' machine='pc-q35-7.2'>hvm</type></os>
  <features>
    <acpi/>
    <apic eoi='off'/>
    <hyperv mode='custom'><relaxed state='on'/><vapic state='off'/><spinlocks state='on' retries='8191'/></hyperv>
    <kvm><poll-control state='on'/></kvm>
    <pmu state='off'/>
  </features>
  ${CPU}
  <clock offset='utc'><timer name='tsc' frequency='2500000000'/><timer name='kvmclock' present='no'/></clock>
</domain>`;

const HOST = `<capabilities><host><cpu>
  <arch>x86_64</arch><model>EPYC</model><vendor>AMD</vendor>
  <signature family='23' model='1' stepping='2'/>
  <feature name='erms'/>
</cpu></host></capabilities>`;

const HYPERVISOR = `<domainCapabilities>
  <path>/usr/bin/qemu-system-x86_64</path><domain>kvm</domain><machine>pc-i440fx-7.2</machine><arch>x86_64</arch>
  <cpu>
    <mode name='host-passthrough' supported='yes'/>
    <mode name='host-model' supported='yes'>
      <model fallback='forbid'>EPYC</model><vendor>AMD</vendor>
      <feature policy='require' name='x2apic'/><feature policy='disable' name='svm'/>
    </mode>
  </cpu>
</domainCapabilities>`;

function read(text: string): ReturnType<typeof readLibvirt> {
  return readLibvirt(text, 'guest.xml', MAP);
}

function contract(text: string): Contract {
  const found = read(text);
  if (!found.ok) throw new Error(JSON.stringify(found.error));
  if (found.value.kind !== 'contract') throw new Error('this is a surface');
  return found.value.contract;
}

function surface(text: string): Surface {
  const found = read(text);
  if (!found.ok) throw new Error(JSON.stringify(found.error));
  if (found.value.kind !== 'surface') throw new Error('this is a contract');
  return found.value.surface;
}

function anyWord(path: string): MeasuredWord {
  const latitude = { kind: 'fixed', otherwise: { how: 'unknown', why: '' } } as const;
  return { path, width: 32, value: 1n, latitude, mechanism: null, evidence: '' };
}

/** An element's promised value; null where it is not promised. */
function promised({ promises }: Contract, path: string): bigint | null {
  for (const { word, width, value, mask } of promises) {
    const element = registry.elements(word, width).find((each) => each.path === path);
    if (element !== undefined) return extract(element, mask) === 0n ? null : extract(element, value);
  }
  return null;
}

describe('a domain', () => {
  const guest = contract(DOMAIN);

  test('promises its model, what is required beside it, and not what is disabled', () => {
    expect(promised(guest, 'cpuid/0x7:0/ebx/avx2')).toBe(1n);
    expect(promised(guest, 'cpuid/0x1:0/ecx/x2apic')).toBe(1n);
    expect(promised(guest, 'cpuid/0x80000001:0/ecx/svm')).toBe(0n);
  });

  test('with check full promises that names nobody mentions are off, but for what models have in some versions', () => {
    expect(promised(guest, 'cpuid/0x1:0/ecx/hypervisor')).toBe(0n);
    expect(promised(guest, 'cpuid/0x8000000a:0/edx/nrip_save')).toBe(null);
    const unchecked = contract(DOMAIN.replace(" check='full'", ''));
    expect(promised(unchecked, 'cpuid/0x1:0/ecx/hypervisor')).toBe(null);
    expect(promised(unchecked, 'cpuid/0x80000001:0/ecx/svm')).toBe(0n);
  });

  test('promises nothing of what is optional, of run-time state and of bits without a name', () => {
    expect(promised(guest, 'cpuid/0x7:0/ebx/erms')).toBe(null);
    expect(promised(guest, 'cpuid/0x1:0/ecx/osxsave')).toBe(null);
    expect(promised(guest, 'cpuid/0x7:0/ebx/bmi1')).toBe(null);
  });

  test('promises vendor, physical bits, rate, KVM and Hyper-V services as far as it says them', () => {
    expect(guest.promises.find(({ word }) => word === 'cpuid/0x0:0/ebx')?.value).toBe(0x68747541n);
    expect(promised(guest, 'cpuid/0x80000008:0/eax/phys_addr_bits')).toBe(46n);
    expect(promised(guest, 'tsc/khz')).toBe(2_500_000n);
    expect(guest.promises.find(({ word }) => word === 'cpuid/0x40000001:0/eax')).toMatchObject({
      value: 0x1000n,
      mask: 0x1049n,
    });
    expect(promised(guest, 'hyperv/0x40000004:0/eax/relaxed_timing_recommended')).toBe(1n);
    expect(promised(guest, 'hyperv/0x40000003:0/eax/access_apic')).toBe(0n);
    expect(promised(guest, 'hyperv/0x40000003:0/eax/access_synic')).toBe(0n);
    expect(guest.promises.find(({ word }) => word === 'hyperv/0x40000004:0/ebx')?.value).toBe(8191n);
    expect(guest.promises.find(({ word }) => word === 'cpuid/0xa:0/eax')?.value).toBe(0n);
  });

  test('is unknown in every area, and no verdict on it is better', () => {
    const host = measure(surface(HYPERVISOR));
    expect(guest.unknown.map(({ area }) => area)).toEqual(expect.arrayContaining(['cpuid', 'msr', 'quirk', 'tsc']));
    expect(check(registry, contract(CPU.replace(/<feature.*svm.*>/, '')), host).counts.unknown).toBeGreaterThan(0);
  });

  test('says which machine type it has', () => {
    const found = read(DOMAIN);
    expect(guest.choices).toEqual({ machine: 'pc-q35-7.2' });
    expect(found.ok && found.value.notes.join()).toContain('QEMU 7.2 or newer');
  });

  test.each([
    ['the element alone', CPU],
    ['behind a prompt, with more after it', `$ virsh dumpxml web | sed -n '/<cpu/,/cpu>/p'\n${CPU}\n\n$ exit\n`],
    ['with an XML declaration', `<?xml version='1.0' encoding='UTF-8'?>\n${CPU}`],
    ['within the status that libvirtd keeps', `<domstatus state='running'><domain>${CPU}</domain></domstatus>`],
    [
      'with a tag in a comment and a bracket in an attribute',
      `# domain:\n<domain a="1>0"><!-- </domain> --><x/>${CPU}</domain>\n# done`,
    ],
  ])('is read as %s', (_what, text) => {
    expect(contract(text).promises).toEqual(
      expect.arrayContaining(contract(CPU).promises.filter(({ word }) => word.startsWith('cpuid/0x7'))),
    );
  });

  test('cut into its parts keeps what the parts say', () => {
    const parts = `<os><type arch='x86_64' machine='pc'>hvm</type></os>\n<features><apic eoi='on'/></features>\n${CPU}`;
    expect(contract(parts).promises.find(({ word }) => word === 'cpuid/0x40000001:0/eax')).toMatchObject({
      value: 0x40n,
      mask: 0x40n,
    });
  });

  test('of aarch64 promises features and a part number, and nothing else', () => {
    const arm = `<domain><os><type arch='aarch64' machine='virt-7.2'>hvm</type></os><features><pmu state='off'/></features>
      <cpu mode='custom'><model>Neoverse-N1</model><feature policy='disable' name='sve'/><feature name='sve256'/></cpu></domain>`;
    expect(contract(arm).promises).toEqual([
      { word: 'reg/MIDR_EL1', width: 64, value: 0x4100d0c0n, mask: 0xff00fff0n },
      { word: 'vcpu/SVE', width: 1, value: 0n, mask: 1n },
      { word: 'sve/vector-lengths', width: 512, value: 2n, mask: 2n },
      { word: 'vcpu/PMU_V3', width: 1, value: 0n, mask: 1n },
    ]);
  });
});

describe('a host', () => {
  test('by its capabilities is what the CPU has: no guest is promised anything of it', () => {
    const measured = measure(surface(HOST));
    expect(measured.words.get('host-cpuid/0x7:0/ebx')).toMatchObject({ value: 0x220n, known: 0x220n });
    const pinned = pin(registry, [measured], { name: '', hosts: [''] });
    expect(pinned.ok && pinned.value.promises).toEqual([]);
  });

  test('by its domain capabilities is what QEMU gives a guest there, bit by bit', () => {
    const measured = measure(surface(HYPERVISOR));
    const pinned = pin(registry, [measured], { name: '', hosts: [''] });
    if (!pinned.ok) throw new Error(pinned.error.message);
    expect(promised(pinned.value, 'cpuid/0x1:0/ecx/x2apic')).toBe(1n);
    expect(promised(pinned.value, 'cpuid/0x80000001:0/ecx/svm')).toBe(0n);
    // What is not to migrate libvirt leaves out of the list, so it is not known.
    expect(promised(pinned.value, 'cpuid/0x80000007:0/edx/constant_tsc')).toBe(null);
    expect(promised(pinned.value, 'cpuid/0x7:0/ebx/bmi1')).toBe(null);
    expect(pinned.value.unknown.map(({ area }) => area)).toContain('cpuid');
  });

  test('keeps out a guest with a feature that it lacks, and can hide one that it has', () => {
    const host = measure(surface(HYPERVISOR));
    const byRule = (text: string): readonly string[] =>
      check(registry, contract(text), host).reasons.flatMap(({ word, level, element }) =>
        word === undefined || level === 'unknown' ? [] : [`${level} ${element}`],
      );
    const small = "<cpu check='full'><model>Opteron_G1</model></cpu>";
    expect(byRule(small)).toEqual(['selectable cpuid/0x1:0/ecx/x2apic', 'selectable cpuid/0x7:0/ebx/avx2']);
    const large = "<cpu check='full'><model>EPYC</model><feature name='x2apic'/></cpu>";
    expect(byRule(large)).toEqual(['refused cpuid/0x80000001:0/ecx/svm']);
  });

  test('that does not tell a bit keeps no promise of it, neither of 1 nor of 0; in a pool it is promised to nobody', () => {
    const host = measure(surface(HYPERVISOR));
    const bmi = (value: bigint): Contract => ({
      ...contract(CPU),
      unknown: [],
      promises: [{ word: 'cpuid/0x7:0/ebx', width: 32, value, mask: 0x8n }],
    });
    for (const value of [0n, 8n]) {
      const found = check(registry, bmi(value), host).reasons.filter(({ element }) => element.endsWith('/bmi1'));
      expect(found.map(({ level, rule }) => [level, rule])).toEqual([['unknown', 'not-captured']]);
      const engine = new CompiledEngine(registry);
      const [left, right] = [engine.contract(bmi(value)), engine.surface(host)];
      expect(engine.check(left, right)).toStrictEqual(check(registry, bmi(value), host));
    }
    const recorded: MeasuredSurface = {
      ...host,
      words: new Map([...host.words].map(([path, { known: _, ...word }]) => [path, word])),
    };
    const other = {
      ...recorded,
      words: new Map([...recorded.words, ['cpuid/0x19:0/ebx', anyWord('cpuid/0x19:0/ebx')]]),
    };
    const pool = pin(registry, [host, other], { name: '', hosts: ['', ''] });
    if (!pool.ok) throw new Error(pool.error.message);
    expect(promised(pool.value, 'cpuid/0x7:0/ebx/bmi1')).toBe(null);
    expect(pool.value.promises.some(({ word }) => word === 'cpuid/0x19:0/ebx')).toBe(false);
  });

  test('has no difference where a bit is known to neither', () => {
    const one = measure(surface(HYPERVISOR));
    expect(diff(registry, one, one)).toEqual([]);
    const other = measure(surface(HYPERVISOR.replace("<feature policy='require' name='x2apic'/>", '')));
    expect(diff(registry, one, other).map(({ element, what }) => [element, what])).toContainEqual([
      'cpuid/0x1:0/ecx/x2apic',
      'default',
    ]);
  });

  test('can be written and read again as a surface', () => {
    const found = surface(HYPERVISOR);
    const json = parseJson('file', Buffer.from(surfaceText(found)));
    expect(json.ok && toDocument('file', json.value)).toMatchObject({ ok: true, value: { surface: found } });
  });
});

describe('what cannot be read is told with its line', () => {
  const LOL = Array.from({ length: 9 }, (_, at) => `<!ENTITY l${at + 1} "${`&l${at};`.repeat(10)}">`).join('\n');
  test.each([
    [
      'an unknown model',
      CPU.replace('EPYC-Rome', 'EPYC-Naples'),
      2,
      /CPU model 'EPYC-Naples' is not in libvirt's CPU map/,
    ],
    ['an unknown feature', CPU.replace("name='svm'", "name='sorcery'"), 7, /CPU feature 'sorcery' is not in/],
    ['an unknown policy', CPU.replace("policy='disable'", "policy='deny'"), 7, /'deny'>: not one of force, require/],
    ['an unknown check', CPU.replace("check='full'", "check='fully'"), 1, /not one of none, partial, full/],
    ['an unknown mode', CPU.replace("mode='custom'", "mode='guess'"), 1, /not one of custom, host-model/],
    ['a feature that is there twice', CPU.replace('erms', 'svm'), 8, /'svm' is there twice, first in line 7/],
    ['a state that is none', DOMAIN.replace("relaxed state='on'", "relaxed state='1'"), 7, /'1'>: not one of on, off/],
    ['bits that are no number', CPU.replace("bits='46'", "bits='many'"), 4, /'many' is not a number/],
    ['a host model', "<domain>\n<cpu mode='host-model'/>\n</domain>", 2, /depends on the host.*domcapabilities/],
    ['a passthrough', "<domain>\n<cpu mode='host-passthrough'/></domain>", 2, /depends on the host.*surface/],
    ['a domain without a CPU', '<domain>\n</domain>', 1, /no <cpu>: its CPU is QEMU's default/],
    ['a CPU without a model', '<cpu>\n<topology/></cpu>', 1, /names no model/],
    ['another architecture', "<domain>\n<os><type arch='s390x'/></os><cpu/></domain>", 2, /'s390x'/],
    ['two domains', `${DOMAIN}\n${DOMAIN}`, 22, /more than one CPU: <domain> in line 1, <domain> in line 22/],
    ['another root', '<network>\n<name>default</name></network>', 1, /<network> holds nothing that describes a CPU/],
    ['a truncated domain', DOMAIN.slice(0, 500), null, /unclosed|unexpected|missing/i],
    [
      'a truncated one behind a prompt',
      `$ virsh dumpxml web\n${CPU.slice(0, 120)}`,
      null,
      /unclosed|unexpected|missing/i,
    ],
    ['entities of its own', `<!DOCTYPE d [<!ENTITY l0 "lol">\n${LOL}]>\n<domain>&l9;</domain>`, 1, /document type/],
    ['an external entity', `<!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/passwd">]>\n${CPU}`, 1, /document type/],
    ['an entity of nobody', CPU.replace('EPYC-Rome', '&x;'), 2, /entity/i],
    ['another encoding', `<?xml version='1.0' encoding='UTF-16'?>\n${CPU}`, 1, /UTF-16: only UTF-8/],
    ['elements without end', '<domain>'.repeat(20_000), null, /unclosed|nested/],
    [
      'elements nested too deep',
      `<domain>\n${'<a>'.repeat(5_000)}${'</a>'.repeat(5_000)}</domain>`,
      2,
      /nested more than/,
    ],
    ['more than any file of libvirt', `<domain>${'<a/>'.repeat(2_000_000)}</domain>`, null, /more than 1 MiB of XML/],
    [
      'a guest of an aarch64 host',
      '<cpu>\n<arch>aarch64</arch><model>Neoverse-N1</model></cpu>',
      2,
      /nothing of an aarch64 host/,
    ],
  ])('%s', (_what, text, line, message) => {
    const found = read(text);
    if (found.ok) throw new Error('it was read');
    if (found.error.kind !== 'xml') throw new Error(found.error.error.message);
    expect(found.error.fault.message).toMatch(message);
    if (line !== null) expect(found.error.fault.line).toBe(line);
  });

  test('of a megabyte of repeated openings it takes no time worth mentioning', () => {
    const started = performance.now();
    for (const part of ['<cpu ', '<cpu>', '<cpu a="', "<domain a='>", '<!--<cpu>', '<mode name="']) {
      expect(read(`x ${part.repeat(Math.ceil(1_000_000 / part.length))}`).ok).toBe(false);
    }
    expect(performance.now() - started).toBeLessThan(10_000);
  });

  test('damaged anywhere it is a fault or another document, never an exception', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(DOMAIN, HOST, HYPERVISOR),
        fc.nat(2000),
        fc.nat(60),
        fc.string({ unit: 'binary', maxLength: 8 }),
        (text, at, gone, put) => {
          expect(typeof read(text.slice(0, at) + put + text.slice(at + gone)).ok).toBe('boolean');
        },
      ),
      { numRuns: 400 },
    );
  });
});
