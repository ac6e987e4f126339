/** The page about one register or bit, as a person asks for it. */
import { beforeAll, describe, expect, it } from 'vitest';
import { resolve } from '../../src/cli/explain/names.ts';
import { explanationSchema } from '../../src/format/index.ts';
import type { ExplanationDocument } from '../../src/format/index.ts';
import { evenkeel, STACK_TRACE } from './evenkeel.ts';

function found(name: string): string {
  const resolved = resolve(name);
  return resolved.kind === 'found' ? resolved.target.path : resolved.kind;
}

describe('names that people use', () => {
  it.each([
    ['cpuid/0x7:0/ebx/avx2', 'cpuid/0x7:0/ebx/avx2'],
    ['avx2', 'cpuid/0x7:0/ebx/avx2'],
    ['AVX2', 'cpuid/0x7:0/ebx/avx2'],
    ['CPUID.7:EBX[5]', 'cpuid/0x7:0/ebx/avx2'],
    ['CPUID.(EAX=07H,ECX=0H):EBX[5]', 'cpuid/0x7:0/ebx/avx2'],
    ['IA32_XSS', 'msr/MSR_IA32_XSS'],
    ['MSR_IA32_XSS', 'msr/MSR_IA32_XSS'],
    ['msr/0xda0', 'msr/MSR_IA32_XSS'],
    ['ID_AA64MMFR2_EL1.NV', 'reg/ID_AA64MMFR2_EL1/NV'],
    ['KVM_X86_QUIRK_LINT0_REENABLED', 'quirk/LINT0_REENABLED'],
    ['KVM_REG_ARM_PSCI_VERSION', 'reg/KVM_REG_ARM_PSCI_VERSION'],
    ['spec-ctrl', 'cpuid/0x7:0/edx/spec_ctrl'],
  ])('%s is %s', (name, path) => expect(found(name)).toBe(path));

  it('of two vGICs the one that guests have is taken, and the other is named', () => {
    const resolved = resolve('GICD_IIDR');
    expect(resolved).toMatchObject({ kind: 'found', target: { path: 'vgic/v3/GICD_IIDR' } });
    expect(resolved.kind === 'found' && resolved.also.map(({ path }) => path)).toEqual(['vgic/v2/GICD_IIDR']);
  });
});

describe('evenkeel explain', () => {
  let page: ExplanationDocument;
  beforeAll(async () => {
    const ran = await evenkeel(['explain', 'ID_AA64MMFR2_EL1.NV', '-o', 'json']);
    page = explanationSchema.decode(JSON.parse(ran.stdout));
  });

  it('says on which recorded kernels the default changed, from the surfaces themselves', () => {
    const max = page.recorded.find(({ cpu }) => cpu === 'max');
    const changed = max?.points.filter((point) => point.changed.includes('default')) ?? [];
    expect(changed.length).toBeGreaterThan(0);
    for (const point of changed) {
      const before = max?.points[max.points.indexOf(point) - 1];
      expect(before?.shows).not.toBe(point.shows);
    }
  });

  it('names the call of KVM, and what the programs above it cannot', () => {
    expect(page.call?.call).toBe('KVM_SET_ONE_REG');
    expect(page.elements.map(({ element }) => element)).toEqual(['reg/ID_AA64MMFR2_EL1/NV']);
    expect(page.elements[0]?.selectors.some(({ how }) => how === null)).toBe(true);
  });

  it('lists the known changes of the field', () => {
    expect(page.changes.map(({ id }) => id)).toContain('arm64-nested');
  });

  it('is a page for people, sources last', async () => {
    const ran = await evenkeel(['explain', 'avx2']);
    expect(ran.status).toBe(0);
    expect(ran.stdout).toContain('When it differs');
    expect(ran.stdout).toContain('KVM_SET_CPUID2: function=0x7');
    expect(ran.stdout.indexOf('Sources')).toBeGreaterThan(ran.stdout.indexOf('RECORDED'));
  });

  it('an unknown name ends with 2 and what is near to it', async () => {
    const ran = await evenkeel(['explain', 'avxx2']);
    expect(ran.status).toBe(2);
    expect(ran.stderr).toContain('cpuid/0x7:0/ebx/avx2');
    expect(ran.stderr).not.toMatch(STACK_TRACE);
  });

  it('a name of two things ends with 2 and both of them; the architecture decides', async () => {
    const both = await evenkeel(['explain', 'KVM_CAP_IRQCHIP']);
    expect(both.status).toBe(2);
    expect(both.stderr).toContain('--arch x86_64');
    const one = await evenkeel(['explain', 'KVM_CAP_IRQCHIP', '--arch', 'arm64']);
    expect(one.status).toBe(0);
  });

  it('names are completed in shells', async () => {
    const ran = await evenkeel(['completion', 'bash', 'explain', 'avx512_v']);
    expect(ran.stdout).toContain('avx512_vnni');
    expect(ran.stderr).toBe('');
  });
});

describe('evenkeel registry coverage', () => {
  it('of recorded surfaces by pattern ends with 0, and says that nothing is unclassified', async () => {
    const ran = await evenkeel(['registry', 'coverage', 'x86_64/*/debian-7.3']);
    expect(ran.status).toBe(0);
    expect(ran.stdout).toMatch(/^2 surfaces/);
    expect(ran.stdout).toContain('Nothing is unclassified');
  });

  it('of nothing is a wrong command line', async () => {
    const ran = await evenkeel(['registry', 'coverage']);
    expect(ran.status).toBe(2);
    expect(ran.stderr).toContain('--recorded');
  });
});
