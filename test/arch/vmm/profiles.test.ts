/** The tables of VMM profiles: what must hold of any row, and of facts that are known from elsewhere. */
import { describe, expect, test } from 'vitest';
import { registryFor } from '../../../src/arch/index.ts';
import { VMM_PROFILES } from '../../../src/arch/vmm/index.ts';
import { VMM_NAMES } from '../../../src/arch/vmm/names.ts';
import { rowFor } from '../../../src/engine/vmm/index.ts';
import type { Architecture, VmmProfile } from '../../../src/model/index.ts';

const ARCHITECTURES: readonly Architecture[] = ['x86_64', 'arm64'];

function profile(name: string): VmmProfile {
  const found = VMM_PROFILES.find((each) => each.name === name);
  if (found === undefined) throw new Error(`no profile ${name}`);
  return found;
}

test('every name that a command line takes has a profile, and the other way round', () => {
  expect(VMM_PROFILES.map(({ name }) => name)).toEqual([...VMM_NAMES]);
});

describe.each(VMM_PROFILES.map((each) => [each.name, each] as const))(
  '%s',
  (name, { rows, defaults, family, read }) => {
    test('names its version, or is the VMM that does all', () => {
      expect(name.startsWith(family)).toBe(true);
      expect(read).not.toBe('');
    });

    test.each(ARCHITECTURES)(
      '%s: every row has a source and stands for some word that no earlier row takes',
      (architecture) => {
        const own = rows[architecture];
        expect(own.at(-1)?.words).toEqual(['*']);
        const seen = new Set<string>();
        for (const { words, source } of own) {
          expect(source, words.join(' ')).not.toBe('');
          expect(words.length, source).toBeGreaterThan(0);
          for (const word of words) {
            expect(seen.has(word), `${word} twice`).toBe(false);
            seen.add(word);
            // Exact words and patterns as they are written: the first row that fits them must be their own.
            expect(rowFor(profile(name), architecture, word)?.words, word).toContain(word);
          }
        }
      },
    );

    test.each(ARCHITECTURES)('%s: what is idle while a field is 0 names a field of the registry', (architecture) => {
      const registry = registryFor(architecture);
      for (const { idle } of rows[architecture]) {
        if (idle === undefined) continue;
        const word = idle.slice(0, idle.lastIndexOf('/'));
        expect(registry.elements(word, 64).map(({ path }) => path)).toContain(idle);
      }
    });

    test.each(ARCHITECTURES)('%s: what it sets by default it can set', (architecture) => {
      for (const { words } of defaults[architecture]) {
        for (const word of words) {
          const how = rowFor(profile(name), architecture, word)?.selects.how;
          // A default of nothing, for interfaces that are off, takes no doing.
          if (how !== 'never') expect(['itself', 'property', 'bits', 'unknown']).toContain(how);
          else expect(word).toMatch(/^hyperv\//);
        }
      }
    });
  },
);

describe('facts that others reported', () => {
  const VMMS_BEFORE_11_1 = ['qemu:5.2', 'qemu:7.2', 'qemu:10.0', 'firecracker:1.16', 'cloud-hypervisor:2026'];

  test.each(VMMS_BEFORE_11_1)('%s fails on an arm64 register that the destination lacks', (name) => {
    expect(rowFor(profile(name), 'arm64', 'reg/KVM_REG_ARM_VENDOR_HYP_BMAP_2')?.lacking).toBe('insists');
  });

  test('QEMU 11.1 goes on without the three registers that kernels before 6.13 listed in error', () => {
    for (const word of ['reg/TCR2_EL1', 'reg/PIR_EL1', 'reg/PIRE0_EL1']) {
      expect(rowFor(profile('qemu:11.1'), 'arm64', word)?.lacking).toBe('drops');
      expect(rowFor(profile('qemu:10.0'), 'arm64', word)?.lacking).toBe('insists');
    }
  });

  test.each([...VMMS_BEFORE_11_1, 'qemu:11.1'])('%s never writes GICD_IIDR, and restores GITS_IIDR', (name) => {
    expect(rowFor(profile(name), 'arm64', 'vgic/v3/GICD_IIDR')?.selects.how).toBe('never');
    expect(rowFor(profile(name), 'arm64', 'vgic/its/GITS_IIDR')?.selects.how).toBe('itself');
  });

  test.each(VMMS_BEFORE_11_1)('%s never disables a quirk', (name) => {
    expect(rowFor(profile(name), 'x86_64', 'quirk/LINT0_REENABLED')?.selects.how).toBe('never');
  });

  test('QEMU went on after a failing KVM_SET_XSAVE, and does not any more', () => {
    const refused = (name: string): string | undefined => rowFor(profile(name), 'x86_64', 'xsave/size')?.refused;
    expect([refused('qemu:5.2'), refused('qemu:7.2')]).toEqual(['ignores', 'ignores']);
    expect([refused('qemu:10.0'), refused('qemu:11.1')]).toEqual(['fails', 'fails']);
  });

  test('an MSR that the older destination lacks is dropped by QEMU, and refused by Firecracker', () => {
    expect(rowFor(profile('qemu:10.0'), 'x86_64', 'msr/MSR_SMI_COUNT')?.lacking).toBe('drops');
    expect(rowFor(profile('firecracker:1.16'), 'x86_64', 'msr/MSR_SMI_COUNT')?.lacking).toBe('insists');
  });
});
