import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { registryFor } from '../../../src/arch/index.ts';
import { exportLibvirt, parseXml, readLibvirt, readX86Map } from '../../../src/interop/libvirt/index.ts';
import type { X86Map } from '../../../src/interop/libvirt/index.ts';
import { bitsOf, minus, union } from '../../../src/interop/libvirt/bits.ts';
import type { Bits } from '../../../src/interop/libvirt/bits.ts';
import { describe as described, resolved } from '../../../src/interop/libvirt/x86-describe.ts';
import { CONTRACT_FORMAT } from '../../../src/model/index.ts';
import type { Contract, Exported, Promised } from '../../../src/model/index.ts';
import { toyMap } from './toy-map.ts';

const DIRECTORY = toyMap();
const registry = registryFor('x86_64');

function map(): X86Map {
  const read = readX86Map(DIRECTORY);
  if (!read.ok) throw new Error(read.error.message);
  return read.value;
}

const VENDOR: readonly Promised[] = [
  { word: 'cpuid/0x0:0/ebx', width: 32, value: 0x68747541n, mask: 0xffffffffn },
  { word: 'cpuid/0x0:0/ecx', width: 32, value: 0x444d4163n, mask: 0xffffffffn },
  { word: 'cpuid/0x0:0/edx', width: 32, value: 0x69746e65n, mask: 0xffffffffn },
];

function contractOf(promises: readonly Promised[], architecture: Contract['architecture'] = 'x86_64'): Contract {
  return {
    format: CONTRACT_FORMAT,
    architecture,
    name: 'guest',
    pinnedFrom: [],
    promises,
    carries: [],
    unknown: [],
    choices: {},
  };
}

function made(contract: Contract, model?: string): Exported {
  const found = exportLibvirt(registryFor(contract.architecture), contract, { map: DIRECTORY, model });
  if (!found.ok) throw new Error(found.error.message);
  return found.value;
}

/** A word of which the bits of `off` are promised 0 and those of `on` 1. */
function word(path: string, on: bigint, off: bigint): Promised {
  return { word: path, width: path.startsWith('msr/') ? 64 : 32, value: on, mask: on | off };
}

/** Every name of the toy map once, on or off. */
function named(names: ReadonlySet<string>): readonly Promised[] {
  const all = bitsOf(map().features, map().features.keys());
  const on = bitsOf(map().features, names);
  return [...all].map(([path, mask]) => word(path, on.get(path) ?? 0n, mask & ~(on.get(path) ?? 0n)));
}

describe('a contract as a <cpu>', () => {
  test('takes the model with the smallest difference, of the promised vendor', () => {
    const { artefact } = made(
      contractOf([...VENDOR, ...named(new Set(['fpu', 'sse2', 'avx2', 'svm', 'erms', 'x2apic']))]),
    );
    expect(artefact.text).toBe(
      [
        "<cpu mode='custom' match='exact' check='full'>",
        "  <model fallback='forbid'>EPYC-Rome</model>",
        '  <vendor>AMD</vendor>',
        "  <feature policy='require' name='x2apic'/>",
        // This map's EPYC-Rome has it, QEMU's has not.
        "  <feature policy='require' name='erms'/>",
        "  <feature policy='require' name='svm'/>",
        "  <feature policy='disable' name='monitor'/>",
        "  <feature policy='disable' name='hypervisor'/>",
        "  <feature policy='disable' name='nrip-save'/>",
        '</cpu>',
        '',
      ].join('\n'),
    );
  });

  test('keeps to the CPU whose signature is promised, if a model has it', () => {
    const features = named(new Set(['fpu', 'sse2', 'avx2', 'svm', 'monitor']));
    // Family 23, model 1; family 23, model 49, a stepping that EPYC-Rome has and one that it has not.
    const byEax = (eax: bigint): string =>
      /<model[^>]*>([^<]*)/.exec(
        made(contractOf([...VENDOR, ...features, word('cpuid/0x1:0/eax', eax, 0xfff0fffn & ~eax)])).artefact.text,
      )?.[1] ?? '';
    expect(byEax(0x800f12n)).toBe('EPYC');
    expect(byEax(0x830f10n)).toBe('EPYC-Rome');
    expect(byEax(0x830f12n)).toBe('EPYC');
  });

  test('says what QEMU has otherwise than libvirt under the same name, and leaves open what is not promised', () => {
    const text = made(
      contractOf([word('cpuid/0x1:0/edx', 0x4000001n, 0n), word('cpuid/0x8000000a:0/edx', 0n, 8n)]),
      'EPYC',
    ).artefact.text;
    // QEMU's EPYC has NRIP save, which this map's has not.
    expect(text).toContain("<feature policy='disable' name='nrip-save'/>");
    expect(text).toContain("<feature policy='optional' name='avx2'/>");
    expect(text).toContain("<feature policy='optional' name='x2apic'/>");
  });

  test('puts each promised element into one of three lists, with the words that say it', () => {
    const contract = contractOf([
      ...VENDOR,
      word('cpuid/0x7:0/ebx', 0x220n, 0x8n),
      word('cpuid/0x1:0/eax', 0x800f12n, 0n),
      word('cpuid/0x80000008:0/eax', 0x2en, 0xd1n),
      word('tsc/khz', 2_000_000n, 0xffffffffn & ~2_000_000n),
      word('cpuid/0x40000001:0/eax', 0x1000_0fbn, 0n),
      word('quirk/LINT0_REENABLED', 1n, 0n),
      word('switch/HYPERV_SYNIC', 0n, 1n),
      word('msr/MSR_IA32_ARCH_CAPABILITIES', 1n, 0x2n),
    ]);
    const { set, inherent, cannot, artefact } = made(contract);
    const by = new Map(set.map((each) => [each.element, each.by]));
    expect(by.get('cpuid/0x7:0/ebx/avx2')).toBe('<model>EPYC-Rome</model>');
    expect(by.get('msr/MSR_IA32_ARCH_CAPABILITIES/RDCL_NO')).toBe("<feature policy='require' name='rdctl-no'/>");
    expect(by.get('cpuid/0x80000008:0/eax/phys_addr_bits')).toBe("<maxphysaddr mode='emulate' bits='46'/>");
    expect(by.get('tsc/khz')).toBe("<timer name='tsc' frequency='2000000000'/>");
    expect(by.get('cpuid/0x40000001:0/eax/kvm_pv_unhalt')).toBe("<pvspinlock state='on'/>");
    expect(inherent.map(({ element }) => element)).toEqual(
      expect.arrayContaining(['quirk/LINT0_REENABLED', 'switch/HYPERV_SYNIC', 'cpuid/0x40000001:0/eax/kvm_steal_time']),
    );
    // hle has a name in QEMU and none in this map; family and model are those of QEMU's model.
    expect(cannot.map(({ element }) => element)).toEqual(
      expect.arrayContaining(['cpuid/0x7:0/ebx/bmi1', 'cpuid/0x1:0/eax/base_family_id']),
    );
    expect(artefact.text).toContain("<pvspinlock state='on'/>");
    const all = [...set, ...inherent, ...cannot].map(({ element }) => element);
    expect(new Set(all).size).toBe(all.length);
  });

  test('writes Hyper-V services, KVM hidden and its services, each once', () => {
    const services = [
      word('hyperv/0x40000003:0/eax', 0x24cn, 0n),
      word('hyperv/0x40000003:0/edx', 0x80000n, 0n),
      word('hyperv/0x40000004:0/eax', 0x20n, 0n),
      word('hyperv/0x40000004:0/ebx', 0x1fffn, 0xffffe000n),
    ];
    const text = made(contractOf([...VENDOR, ...services])).artefact.text;
    expect(text).toContain("<relaxed state='on'/>");
    expect(text).toContain("<stimer state='on'>\n      <direct state='on'/>\n    </stimer>");
    expect(text).toContain("<spinlocks state='on' retries='8191'/>");
    const hidden = ['0x40000000', '0x40000001'].flatMap((leaf) =>
      ['eax', 'ebx', 'ecx', 'edx'].map((register) => word(`cpuid/${leaf}:0/${register}`, 0n, 0xffffffffn)),
    );
    expect(made(contractOf([...VENDOR, ...hidden])).artefact.text).toContain(
      "<kvm>\n    <hidden state='on'/>\n  </kvm>",
    );
  });

  test('by a model that does not exist is refused', () => {
    const found = exportLibvirt(registry, contractOf(VENDOR), { map: DIRECTORY, model: 'EPYC-Naples' });
    expect(found.ok ? '' : found.error.message).toContain("'EPYC-Naples' is not in libvirt's CPU map");
  });

  test('whatever features are promised, the definition stands for exactly these', () => {
    const names = [...map().features.keys()];
    const models = [...map().models.keys()];
    fc.assert(
      fc.property(
        fc.subarray(names),
        fc.subarray(names),
        fc.option(fc.constantFrom(...models), { nil: undefined }),
        (ons, offs, model) => {
          const { features } = map();
          const on = bitsOf(features, ons);
          const off: Bits = minus(bitsOf(features, offs), on);
          const found = described({ on, off, vendor: null, signature: null }, map(), model);
          if (!found.ok) throw new Error(found.error);
          expect(found.value.unsaid).toEqual({ on: new Map(), off: new Map() });
          const all = resolved(found.value, map());
          expect(minus(on, all)).toEqual(new Map());
          expect(minus(union(all, off), minus(off, all))).toEqual(all);
        },
      ),
    );
  });

  test('read back, it promises what it was written from', () => {
    const names = [...map().features.keys()].filter((name) => name !== 'osxsave');
    fc.assert(
      fc.property(fc.subarray(names), (ons) => {
        const contract = contractOf([...VENDOR, ...named(new Set(ons))]);
        const { artefact } = made(contract);
        const back = readLibvirt(artefact.text, 'guest', DIRECTORY);
        if (!back.ok || back.value.kind !== 'contract') throw new Error('it is not read back');
        const promises = new Map(back.value.contract.promises.map((each) => [each.word, each]));
        for (const { word: path, value } of contract.promises) {
          const again = promises.get(path);
          if (again !== undefined) expect([path, again.value]).toEqual([path, value & again.mask]);
        }
        expect(promises.get('cpuid/0x7:0/ebx')?.mask).toBe(0x220n);
      }),
    );
  });
});

describe('a contract of arm64 as a <cpu>', () => {
  const guest = contractOf(
    [
      { word: 'vcpu/SVE', width: 1, value: 1n, mask: 1n },
      { word: 'vcpu/PMU_V3', width: 1, value: 0n, mask: 1n },
      { word: 'sve/vector-lengths', width: 512, value: 1n, mask: (1n << 512n) - 1n },
      { word: 'vcpu/PTRAUTH_ADDRESS', width: 1, value: 0n, mask: 1n },
      { word: 'vcpu/PTRAUTH_GENERIC', width: 1, value: 0n, mask: 1n },
      { word: 'reg/ID_AA64PFR0_EL1', width: 64, value: 0x11n, mask: 0xffn },
    ],
    'arm64',
  );

  test('names SVE, its lengths, pointer authentication and the counters', () => {
    const { artefact, cannot } = made(guest);
    expect(artefact.text).toBe(
      [
        "<cpu mode='host-passthrough' check='none'>",
        "  <feature policy='require' name='sve'/>",
        "  <feature policy='require' name='sve128'/>",
        "  <feature policy='disable' name='sve256'/>",
        "  <feature policy='disable' name='pauth'/>",
        '</cpu>',
        '<features>',
        "  <pmu state='off'/>",
        '</features>',
        '',
      ].join('\n'),
    );
    expect(cannot.map(({ element }) => element)).toEqual(['reg/ID_AA64PFR0_EL1/EL0', 'reg/ID_AA64PFR0_EL1/EL1']);
  });

  test('is XML', () => {
    expect(parseXml(`<domain>${made(guest).artefact.text}</domain>`).ok).toBe(true);
  });
});
