import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { registryFor } from '../../../../src/arch/index.ts';
import { qemuFeatureWords, qemuNames } from '../../../../src/arch/vmm/qemu-cpuid.ts';
import { QEMU_ARM64_PROPERTIES } from '../../../../src/arch/vmm/qemu-properties-arm64.ts';
import { QEMU_X86_PROPERTIES } from '../../../../src/arch/vmm/qemu-properties-x86.ts';
import { QEMU_VERSIONS, isSince } from '../../../../src/arch/vmm/qemu-version.ts';
import { rowFor } from '../../../../src/engine/vmm/rows.ts';
import { exportSchema } from '../../../../src/format/index.ts';
import { asGiven, promisedFields } from '../../../../src/interop/export.ts';
import { exportQemu } from '../../../../src/interop/qemu/export/index.ts';
import { PAIRS, argumentOf, contractOf, exportOf, profileOf, promising } from './contracts.ts';

const SURFACES = join(import.meta.dirname, '../../../../surfaces/vmm');

/** What `-cpu base` has in that version, as the program said. */
function baseOf(version: string): Readonly<Record<string, unknown>> {
  const surface: unknown = JSON.parse(readFileSync(join(SURFACES, `qemu-${version}/x86_64.json`), 'utf8'));
  const { cpu } = surface as { cpu: { base: Record<string, unknown> } };
  return cpu.base;
}

describe.each(PAIRS)('$recorded.name with QEMU $version', ({ recorded, version }) => {
  const contract = contractOf(recorded, version);
  const registry = registryFor(contract.architecture);
  const found = exportOf(contract, { version });
  const lists = [...found.set, ...found.inherent, ...found.cannot];

  test('each promised element is in one list, and nothing else is', () => {
    const promised = promisedFields(registry, contract).map(({ element }) => element);
    expect(lists.map(({ element }) => element).toSorted()).toEqual(promised.toSorted());
  });

  test('what an argument says the profile calls selectable, and what it does not no argument says', () => {
    const profile = profileOf(version);
    for (const { element, word } of found.set) {
      const how = rowFor(profile, contract.architecture, word)?.selects.how;
      expect(['property', 'bits'], element).toContain(how);
    }
  });

  test('each property that the arguments name is the answer to some promise, or is said always', () => {
    const said = found.set.flatMap(({ by }) => by.split(',')).map((text) => text.split('=')[0]);
    const always = ['enforce', 'pmu', 'kvm', 'vmware-cpuid-freq', 'x-vendor-cpuid-only'];
    const [, ...properties] = argumentOf(found, '-cpu');
    for (const property of properties) expect([...always, ...said]).toContain(property.split('=')[0]);
  });

  test('what it gives instead it is said to give: that contract it can keep', () => {
    const given = asGiven(registry, contract, found);
    const again = exportOf(given, { version });
    expect(again.cannot.filter(({ gives }) => gives !== undefined)).toEqual([]);
    expect(again.cannot.length).toBe(found.cannot.filter(({ gives }) => gives === undefined).length);
  });

  test('the document is what its schema says', () => {
    expect(exportSchema.safeParse(exportSchema.encode(found)).success).toBe(true);
  });
});

describe("an AMD guest with QEMU 5.2's leaves 2 and 4", () => {
  const amd = PAIRS.filter(({ recorded, version }) => version === '5.2' && /epyc-milan/.test(recorded.name));

  test.each(amd)('$recorded.name: later versions are told to keep them', ({ recorded }) => {
    const contract = contractOf(recorded, '5.2');
    const given = asGiven(registryFor(contract.architecture), contract, exportOf(contract, { version: '5.2' }));
    expect(given.promises.find(({ word }) => word === 'cpuid/0x2:0/eax')?.value).not.toBe(0n);
    for (const version of ['7.2', '10.0', '11.1'] as const) {
      const found = exportOf(given, { version });
      expect(argumentOf(found, '-cpu')).toContain('x-vendor-cpuid-only=off');
      expect(found.cannot.filter(({ element }) => /^cpuid\/0x[24]:/.test(element))).toEqual([]);
    }
  });
});

describe('one table decides what the profile says and what is exported', () => {
  const tables = [
    { architecture: 'x86_64', properties: QEMU_X86_PROPERTIES },
    { architecture: 'arm64', properties: QEMU_ARM64_PROPERTIES },
  ] as const;

  test.each(tables)('$architecture: a property is in the profile of the versions that have it', (table) => {
    for (const version of QEMU_VERSIONS) {
      for (const { name, since, fields } of table.properties) {
        for (const { word } of fields) {
          const selects = rowFor(profileOf(version), table.architecture, word)?.selects;
          const text = selects?.how === 'property' ? selects.text : '';
          const known = selects?.how === 'bits' || text.includes('sveN') || text.includes(`${name}=`);
          if (isSince(version, since)) expect(known, `${version}: ${name}`).toBe(true);
          else expect(text, `${version}: ${name}`).not.toContain(`,${name}=`);
        }
      }
    }
  });
});

describe.each(QEMU_VERSIONS)('what the program QEMU %s says of its model "base"', (version) => {
  const base = baseOf(version);

  test('no feature that has a name is on: what the arguments do not name is off', () => {
    for (const word of qemuFeatureWords(version)) {
      for (const name of Object.values(qemuNames(version, word))) expect(base[name], name).toBe(false);
    }
  });

  test('it has each property that the exporter can write', () => {
    for (const { name, on, since } of QEMU_X86_PROPERTIES) {
      if (on !== 'cpu' || name === 'tsc-frequency') continue;
      expect(name in base, name).toBe(isSince(version, since));
    }
  });
});

/** 0x1f: family 0xf with extended family 0x10. */
const MILAN = { 'cpuid/0x1:0/eax': 0xa0_0f11n, 'cpuid/0x0:0/eax': 0xdn };
const AMD = { 'cpuid/0x0:0/ebx': 0x6874_7541n, 'cpuid/0x0:0/edx': 0x6974_6e65n, 'cpuid/0x0:0/ecx': 0x444d_4163n };

function brand(text: string): Record<string, bigint> {
  const bytes = Buffer.alloc(48);
  bytes.write(text, 'latin1');
  const registers = ['eax', 'ebx', 'ecx', 'edx'];
  return Object.fromEntries(
    Array.from({ length: 12 }, (_, index) => {
      const word = `cpuid/0x8000000${2 + Math.floor(index / 4)}:0/${registers[index % 4]}`;
      return [word, BigInt(bytes.readUInt32LE(4 * index))];
    }),
  );
}

describe('x86', () => {
  test('family, model and stepping are the signature taken apart', () => {
    const found = argumentOf(exportOf(promising({ ...MILAN, ...AMD }), { version: '10.0' }), '-cpu');
    expect(found).toEqual(expect.arrayContaining(['vendor=AuthenticAMD', 'family=25', 'model=1', 'stepping=1']));
  });

  test('a feature that is promised is on, and all others are off by the model', () => {
    const bits = fc.integer({ min: 0, max: 0xffff_ffff }).map((value) => BigInt(value));
    fc.assert(
      fc.property(fc.constantFrom(...QEMU_VERSIONS), bits, bits, (version, ebx, ecx) => {
        const words = { 'cpuid/0x7:0/ebx': ebx, 'cpuid/0x1:0/ecx': ecx };
        const found = exportOf(promising(words), { version });
        const on = argumentOf(found, '-cpu').filter((text) => text.endsWith('=on'));
        for (const [word, value] of Object.entries(words)) {
          for (const [bit, name] of Object.entries(qemuNames(version, word))) {
            expect(on.includes(`${name}=on`), name).toBe(((value >> BigInt(bit)) & 1n) === 1n);
          }
        }
        // What has no name cannot be had.
        const unnamed = found.cannot.filter(({ word }) => word in words).map(({ value }) => value);
        expect(unnamed.every((value) => value === 1n)).toBe(true);
      }),
    );
  });

  test('a named model has every feature said, on or off', () => {
    const contract = promising({ 'cpuid/0x7:0/ebx': 0x20n });
    const found = argumentOf(exportOf(contract, { version: '7.2', model: 'EPYC-Milan' }), '-cpu');
    expect(found[0]).toBe('EPYC-Milan');
    for (const [bit, name] of Object.entries(qemuNames('7.2', 'cpuid/0x7:0/ebx'))) {
      expect(found).toContain(`${name}=${bit === '5' ? 'on' : 'off'}`);
    }
    // Of a leaf that the contract says nothing of, too: it may not come from the model.
    expect(found).toContain('topoext=off');
  });

  test('a brand string that -cpu can carry is said, one with a comma is not', () => {
    const good = exportOf(promising(brand('AMD EPYC 7763 64-Core Processor')), { version: '7.2' });
    expect(argumentOf(good, '-cpu')).toContain('model-id=AMD EPYC 7763 64-Core Processor');
    const bad = exportOf(promising(brand('Some CPU, with a comma')), { version: '7.2' });
    expect(bad.artefact.text).not.toContain('model-id');
    expect(bad.cannot.length).toBe(12);
  });

  test('a bit that only a newer QEMU has a name for is listed for the older', () => {
    // lfence-always-serializing: since 8.0.
    const contract = promising({ 'cpuid/0x80000021:0/eax': 0x4n });
    const bit = 'cpuid/0x80000021:0/eax/lfence_always_serializing';
    const word = (version: '7.2' | '10.0'): string[] =>
      exportOf(contract, { version }).cannot.map(({ element }) => element);
    expect(word('7.2').length).toBe(1);
    expect(word('10.0'), bit).toEqual([]);
  });

  test("Hyper-V's leaves are said property by property", () => {
    const contract = promising({
      'hyperv/0x40000000:0/eax': 0x4000_0005n,
      'hyperv/0x40000000:0/ebx': 0x7263_694dn,
      'hyperv/0x40000000:0/ecx': 0x666f_736fn,
      'hyperv/0x40000000:0/edx': 0x7648_2074n,
      'hyperv/0x40000001:0/eax': 0x3123_7648n,
      // Time, APIC access and the hypercall page, which comes by itself; CPU hotplug, too.
      'hyperv/0x40000003:0/eax': 0x232n,
      'hyperv/0x40000003:0/edx': 0x8n,
      'hyperv/0x40000004:0/eax': 0x28n,
      'hyperv/0x40000004:0/ebx': 0x1fffn,
    });
    const found = exportOf(contract, { version: '10.0' });
    expect(found.cannot).toEqual([]);
    const said = argumentOf(found, '-cpu').filter((text) => text.startsWith('hv-'));
    expect(said).toEqual([
      'hv-relaxed=on',
      'hv-vapic=on',
      'hv-time=on',
      'hv-spinlocks=8191',
      'hv-vendor-id=Microsoft Hv',
    ]);
  });

  test('a VMX control that is not promised is not settable, and reads as its default', () => {
    // TRUE_PINBASED_CTLS: external interrupts, NMIs and the preemption timer may be 1, besides what is 1 always.
    const vmx = { 'cpuid/0x1:0/ecx': 0x20n, 'msr/MSR_IA32_VMX_TRUE_PINBASED_CTLS': 0x5f_0000_0016n };
    const found = exportOf(promising(vmx), { version: '10.0' });
    const said = argumentOf(found, '-cpu');
    expect(said).toEqual(expect.arrayContaining(['vmx=on', 'vmx-intr-exit=on', 'vmx-nmi-exit=on']));
    expect(said).not.toContain('vmx-posted-intr=on');
    expect(found.cannot.filter(({ word }) => word.startsWith('msr/'))).toEqual([]);
  });
});

describe('arguments as text', () => {
  test('xargs gives the program each argument as it is, with spaces and quotes', () => {
    const contract = promising({ ...MILAN, ...AMD, ...brand(`Intel(R) "Xeon" Tom's $(CPU) @ 2.50GHz`) });
    const { artefact } = exportOf(contract, { version: '10.0' });
    const split = execFileSync('xargs', ['printf', '%s\\n'], { input: artefact.text, encoding: 'utf8' });
    expect(split.trimEnd().split('\n')).toEqual(artefact.arguments);
  });

  test('a shell does, too', () => {
    const contract = promising(brand(`a b 'c' $HOME`));
    const { artefact } = exportOf(contract, { version: '10.0' });
    const script = `printf '%s\\n' ${artefact.text.replaceAll('\n', ' ')}`;
    expect(execFileSync('sh', ['-c', script], { encoding: 'utf8' }).trimEnd().split('\n')).toEqual(artefact.arguments);
  });
});

describe('what a person can get wrong', () => {
  const contract = promising({ ...MILAN, ...AMD });
  const registry = registryFor('x86_64');

  test.each([
    [{ version: '7.2', model: 'a,b=c' }, 'no name of a CPU model'],
    [{ version: '7.2', machine: 'pc-q35-10.0' }, 'QEMU 7.2 is older than the machine type pc-q35-10.0'],
    [{ version: '7.2', machine: 'q35' }, 'no versioned machine type'],
    [{ version: '7.2', machine: 'virt-7.2' }, 'no versioned machine type'],
  ] as const)('%o', (options, message) => {
    const found = exportQemu(registry, contract, options);
    expect(found.ok ? null : found.error).toContain(message);
  });

  test('an arm64 guest under KVM has no other CPU than the host', () => {
    const found = exportQemu(
      registryFor('arm64'),
      { ...contract, architecture: 'arm64' },
      {
        version: '10.0',
        model: 'cortex-a57',
      },
    );
    expect(found.ok ? null : found.error).toContain('--model host');
  });
});
