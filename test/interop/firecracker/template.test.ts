import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { measure } from '../../../src/arch/index.ts';
import { applyTemplate, readFingerprint, readTemplate } from '../../../src/interop/firecracker/index.ts';
import type { CpuTemplate } from '../../../src/interop/firecracker/index.ts';
import type { Json, Surface } from '../../../src/model/index.ts';

const bits = (value: bigint, width: number): string => `0b${value.toString(2).padStart(width, '0')}`;

/** A capture with leaf 7 and ARCH_CAPABILITIES. */
function capture(ebx: bigint, capabilities: bigint): Surface {
  const read = readFingerprint({
    firecracker_version: '1.16.0',
    kernel_version: '6.1.0',
    microcode_version: '0x1',
    bios_version: '1',
    bios_revision: '1',
    guest_cpu_config: {
      cpuid_modifiers: [
        {
          leaf: '0x7',
          subleaf: '0x0',
          flags: 1,
          modifiers: ['eax', 'ebx', 'ecx', 'edx'].map((register) => ({
            register,
            bitmap: bits(register === 'ebx' ? ebx : 0n, 32),
          })),
        },
      ],
      msr_modifiers: [{ addr: '0x10a', bitmap: bits(capabilities, 64) }],
    },
  });
  if (!read.ok) throw new Error(read.error.message);
  return read.value;
}

function template(ebx: string, msr?: string): CpuTemplate {
  const read = readTemplate(templateJson(ebx, msr));
  if (!read.ok) throw new Error(read.error.message);
  return read.value;
}

function templateJson(ebx: string, msr?: string): Json {
  return {
    cpuid_modifiers: [{ leaf: '0x7', subleaf: '0x0', flags: 1, modifiers: [{ register: 'ebx', bitmap: ebx }] }],
    ...(msr === undefined ? {} : { msr_modifiers: [{ addr: '0x10a', bitmap: msr }] }),
  };
}

function applied(surface: Surface, modifiers: CpuTemplate): Surface {
  const result = applyTemplate(surface, modifiers);
  if (!result.ok) throw new Error(result.error);
  return result.value;
}

describe('a CPU template of Firecracker', () => {
  test('sets what it names, from the highest bit down, and leaves what is x or left out', () => {
    const surface = applied(capture(0b1111n, 0b1010n), template('0b0_x1x', '0b01x'));
    const { words } = measure(surface);
    expect(words.get('cpuid/0x7:0/ebx')?.value).toBe(0b0111n);
    expect(words.get('msr/MSR_IA32_ARCH_CAPABILITIES')?.value).toBe(0b1010n);
  });

  test('gives another machine, and so another fingerprint; without effect the same', () => {
    const surface = capture(0b1111n, 0n);
    expect(applied(surface, template('0b0xxx')).fingerprint).not.toBe(surface.fingerprint);
    expect(applied(surface, template('0b1xxx')).fingerprint).toBe(surface.fingerprint);
  });

  test('makes two CPUs alike where it names every bit, and twice is as once', () => {
    const word = fc.bigInt({ min: 0n, max: 0xffff_ffffn });
    fc.assert(
      fc.property(word, word, word, (a, b, wanted) => {
        const all = template(bits(wanted, 32));
        const once = applied(capture(a, 0n), all);
        expect(once.fingerprint).toBe(applied(capture(b, 0n), all).fingerprint);
        expect(applied(once, all)).toEqual(once);
      }),
    );
  });

  test('that speaks of what the host does not have is refused, as Firecracker refuses it', () => {
    const other = { msr_modifiers: [{ addr: '0x122', bitmap: '0b1' }] };
    const read = readTemplate(other);
    expect(read.ok && applyTemplate(capture(0n, 0n), read.value)).toEqual({
      ok: false,
      error: 'the capture has no index 0x122, which the template changes',
    });
  });

  test('that changes what a guest is made of cannot be applied to values', () => {
    const read = readTemplate({ kvm_capabilities: ['170'], vcpu_features: [{ index: 0, bitmap: '0b1xxxx' }] });
    expect(read.ok && applyTemplate(capture(0n, 0n), read.value)).toMatchObject({ ok: false });
  });

  test.each([
    ['a digit that is none', '0b012', '/cpuid_modifiers/0/modifiers/0/bitmap'],
    ['nothing behind the prefix', '0b', '/cpuid_modifiers/0/modifiers/0/bitmap'],
    ['more digits than the register has', `0b${'x'.repeat(33)}`, '/cpuid_modifiers/0/modifiers/0/bitmap'],
    ['hex', '0xff', '/cpuid_modifiers/0/modifiers/0/bitmap'],
  ])('with %s is refused with its place', (_what, bitmap, pointer) => {
    expect(readTemplate(templateJson(bitmap))).toMatchObject({ ok: false, error: { pointer } });
  });
});
