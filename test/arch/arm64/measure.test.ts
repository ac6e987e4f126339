import { describe, expect, test } from 'vitest';
import { canonicalSections, measure, registry } from '../../../src/arch/arm64/index.ts';
import type {
  Combination,
  FirmwareSection,
  GicSection,
  IdRegistersSection,
  StateSection,
  VcpusSection,
} from '../../../src/arch/arm64/sections.ts';
import { elementsOf } from '../../../src/arch/arm64/elements.ts';
import { VOLATILE } from '../../../src/arch/arm64/volatile.ts';
import { idOf } from '../../../src/arch/arm64/names.ts';
import { judge } from '../../../src/engine/judge.ts';
import type { Json, MeasuredSurface, MeasuredWord, Section, Surface } from '../../../src/model/index.ts';

const section = <Data extends Json>(data: Data): Section => ({ outcome: 'measured', data });

function surface(sections: Readonly<Record<string, Section>>): Surface {
  return {
    format: 'evenkeel.surface/1',
    architecture: 'arm64',
    host: null,
    recorded: {
      at: null,
      by: 'test',
      method: 'import',
      command: null,
      environment: {},
      milliseconds: null,
      ioctls: null,
    },
    sections,
    fingerprint: 'sha256:0',
  };
}

const PFR0 = '0x603000000013c020';
const MIDR = '0x603000000013c000';
const COUNTER = '0x603000000013df1a';
const SCTLR = '0x603000000013c080';
const AFSR0 = '0x603000000013c288';
const REV = '0x4b00343b';

const combinations: readonly Combination[] = [
  {
    name: 'psci',
    features: ['PSCI_0_2'],
    outcome: 'created',
    registers: [
      [MIDR, '0x410fd0c1'],
      [PFR0, '0x1111'],
      [SCTLR, '0xc50078'],
      [AFSR0, '0x1de7ec7edbadc0de'],
      [COUNTER, '0x1234'],
      ['0x6030000000140001', '0x2'],
    ],
  },
  {
    name: 'all',
    features: ['PSCI_0_2', 'SVE'],
    outcome: 'created',
    base: 'psci',
    added: [['0x606000000015ffff', '0x3']],
    removed: [SCTLR],
    changed: [
      [PFR0, '0x100001111'],
      [COUNTER, '0x9999'],
    ],
  },
  { name: 'all+el2', features: ['PSCI_0_2', 'SVE', 'HAS_EL2'], outcome: 'absent', capability: 'KVM_CAP_ARM_EL2' },
];

const sections = {
  vcpus: section({ target: 5, features: '0x0', vgic: 'v3', combinations } satisfies VcpusSection),
  'id-registers': section({
    vcpu: 'all',
    registers: [
      {
        id: PFR0,
        value: '0x100001111',
        same: 'taken',
        fields: [{ shift: 12, width: 4, taken: [0], ignored: [3], refused: { EINVAL: [2] } }],
        fixed: { EINVAL: ['0:4'] },
      },
    ],
    declared: { absent: 'KVM_CAP_ARM_SUPPORTED_REG_MASK_RANGES is 0' },
    implementation: { absent: 'KVM_CAP_ARM_WRITABLE_IMP_ID_REGS is 0' },
  } satisfies IdRegistersSection),
  firmware: section({
    vcpu: 'all',
    registers: [
      {
        id: '0x6030000000140001',
        value: '0x2',
        trials: [
          { wrote: '0x2', outcome: 'taken' },
          { wrote: '0x0', outcome: 'ignored' },
          { wrote: '0x3', outcome: 'EINVAL' },
        ],
      },
    ],
  } satisfies FirmwareSection),
  state: section({
    vcpu: 'all',
    free: [AFSR0],
    limited: [[COUNTER, 'changed', 'changed', '0xffff']],
  } satisfies StateSection),
  'vgic-v3': section({
    device: 'v3',
    setUp: [],
    registers: [
      {
        name: 'GICD_IIDR',
        offset: '0x8',
        before: 'EBUSY',
        after: REV,
        trialsBefore: [],
        trials: [
          { wrote: REV, outcome: 'taken' },
          { wrote: '0x4b00143b', outcome: 'EINVAL' },
          { wrote: '0x4b00243b', outcome: 'ignored' },
        ],
      },
    ],
    attributes: [],
  } satisfies GicSection),
  its: { outcome: 'absent', reason: 'KVM_CREATE_DEVICE(type=8): ENODEV' },
} as const satisfies Readonly<Record<string, Section>>;

const measured: MeasuredSurface = measure(surface(sections));

function word(path: string, from: MeasuredSurface = measured): MeasuredWord {
  const found = from.words.get(path);
  if (found === undefined) throw new Error(`no word ${path}`);
  return found;
}

function verdict(path: string, name: string, promised: bigint): string {
  const found = word(path);
  const element = elementsOf(path, found.width).find((candidate) => candidate.path === `${path}${name}`);
  if (element === undefined) throw new Error(`no element ${path}${name}`);
  return judge(element, promised, found).level;
}

describe('measure', () => {
  test('shows the guest with every feature, with the pointer to the fact', () => {
    expect(word('reg/ID_AA64PFR0_EL1')).toMatchObject({
      value: 0x1_0000_1111n,
      evidence: '/sections/vcpus/data/combinations/1/changed/0/1',
    });
    expect(word('reg/MIDR_EL1').evidence).toBe('/sections/vcpus/data/combinations/0/registers/0/1');
    expect(measured.words.has('reg/SCTLR_EL1')).toBe(false);
    expect(word('vcpu/SVE').value).toBe(1n);
  });

  test('shows another combination where one is asked for, without borrowing latitude that was not tried there', () => {
    const plain = measure(surface(sections), { vcpu: 'psci' });
    expect(word('reg/ID_AA64PFR0_EL1', plain)).toMatchObject({ value: 0x1111n, latitude: { kind: 'unknown' } });
    expect(word('vcpu/SVE', plain).value).toBe(0n);
  });

  test('a combination that the host does not have is not measured, with the reason', () => {
    const nested = measure(surface(sections), { vcpu: 'all+el2' });
    expect(nested.areas.get('id-registers')).toMatchObject({
      measured: false,
      evidence: 'the host has no vCPU all+el2: KVM_CAP_ARM_EL2 is 0',
    });
  });

  test('counters and registers that KVM leaves unknown at reset promise nothing', () => {
    expect(word('reg/KVM_REG_ARM_TIMER_CNT').value).toBeNull();
    expect(word('reg/AFSR0_EL1').value).toBeNull();
  });

  test('a missing section is unknown, and a device that the host said it lacks is known to be absent', () => {
    expect(measured.areas.get('timer')?.measured).toBe(false);
    expect(measured.areas.get('its')).toMatchObject({ measured: true });
    expect(measured.words.has('vgic/its/GITS_IIDR')).toBe(false);
  });
});

describe('what becomes of a promised value', () => {
  test('taken is selectable, refused is refused, accepted in vain is silent', () => {
    expect(verdict('reg/ID_AA64PFR0_EL1', '/EL3', 0n)).toBe('selectable');
    expect(verdict('reg/ID_AA64PFR0_EL1', '/EL3', 2n)).toBe('refused');
    expect(verdict('reg/ID_AA64PFR0_EL1', '/EL3', 3n)).toBe('silent');
    expect(verdict('reg/ID_AA64PFR0_EL1', '/EL0', 2n)).toBe('refused');
  });

  test('a revision of GICD_IIDR that a write does not change is silent, one that is refused is refused', () => {
    expect(verdict('vgic/v3/GICD_IIDR', '/Revision', 3n)).toBe('same');
    expect(verdict('vgic/v3/GICD_IIDR', '/Revision', 2n)).toBe('silent');
    expect(verdict('vgic/v3/GICD_IIDR', '/Revision', 1n)).toBe('refused');
    expect(measured.caveats.join()).toContain('GICD_IIDR');
  });

  test('a firmware workaround above what was promised hurts no guest, and one that the host lacks is refused', () => {
    expect(verdict('reg/KVM_REG_ARM_SMCCC_ARCH_WORKAROUND_1', '', 0n)).toBe('same');
    expect(verdict('reg/KVM_REG_ARM_SMCCC_ARCH_WORKAROUND_1', '', 3n)).toBe('refused');
  });
});

describe('MIDR_EL1, which takes a value only in a VM that was made for it', () => {
  const MIDR_ROW = { id: MIDR, value: '0x410fd0c1', same: 'taken' } as const;
  const refusing = { ...MIDR_ROW, fields: [], fixed: { EINVAL: ['0:4', '4:12'] } };
  const withImplementation = (implementation: IdRegistersSection['implementation']): MeasuredSurface =>
    measure(
      surface({
        ...sections,
        'id-registers': section({
          vcpu: 'all',
          registers: [refusing],
          declared: { ranges: '0x1', masks: [[MIDR, '0xffffffff']] },
          implementation,
        } satisfies IdRegistersSection),
      }),
    );
  const revision = (from: MeasuredSurface): string => {
    const midr = word('reg/MIDR_EL1', from);
    const element = elementsOf('reg/MIDR_EL1', midr.width).find(({ path }) => path.endsWith('/Revision'));
    if (element === undefined) throw new Error('MIDR_EL1 has a revision');
    return judge(element, 3n, midr).level;
  };

  test('another revision is selectable where such a VM took it, and the setting says what to enable', () => {
    const writable = withImplementation({
      registers: [{ ...MIDR_ROW, fields: [{ shift: 0, width: 4, taken: [0, 2, 3] }], fixed: {} }],
    });
    expect(revision(writable)).toBe('selectable');
    expect(word('reg/MIDR_EL1', writable).mechanism?.needs).toMatchObject({
      capability: 'KVM_CAP_ARM_WRITABLE_IMP_ID_REGS',
    });
    expect(writable.caveats.join()).not.toContain('MIDR_EL1.Revision');
  });

  test('it is refused where the host has no such VM', () => {
    const rigid = withImplementation({ absent: 'KVM_CAP_ARM_WRITABLE_IMP_ID_REGS is 0' });
    expect(revision(rigid)).toBe('refused');
    expect(word('reg/MIDR_EL1', rigid).mechanism).not.toHaveProperty('needs');
    expect(rigid.caveats.join()).toContain('declared writable, but no other value was taken: MIDR_EL1.Revision');
  });
});

describe('registry', () => {
  test('a register that only newer kernels know is harmless at its neutral value', () => {
    expect(registry.neutral('reg/KVM_REG_ARM_VENDOR_HYP_BMAP_2')).toBe(0n);
    expect(registry.neutral('reg/ID_AA64MMFR4_EL1')).toBe(0n);
    expect(registry.neutral('reg/KVM_REG_ARM_STD_HYP_BMAP')).toBeNull();
    expect(registry.neutral('reg/X0')).toBeNull();
  });

  test('a CPU of another implementer is not compared, another part of the same is', () => {
    const withMidr = (value: string): MeasuredSurface =>
      measure(
        surface({
          vcpus: section({
            target: 5,
            features: '0x0',
            vgic: 'v3',
            combinations: [{ name: 'all', features: [], outcome: 'created', registers: [[MIDR, value]] }],
          } satisfies VcpusSection),
        }),
      );
    expect(registry.incomparable(withMidr('0x410fd0c1'), withMidr('0x411fd401'))).toBeNull();
    expect(registry.incomparable(withMidr('0x410fd0c1'), withMidr('0x611f0221'))).toContain('Arm and Apple');
  });
});

describe('canonical sections', () => {
  const counted = (value: string, changed: boolean): Json =>
    canonicalSections({
      vcpus: section({
        target: 5,
        features: '0x0',
        vgic: 'v3',
        combinations: [
          { name: 'psci', features: [], outcome: 'created', registers: [[COUNTER, value]] },
          {
            name: 'all',
            features: [],
            outcome: 'created',
            base: 'psci',
            added: [],
            removed: [],
            changed: changed ? [[COUNTER, '0x7']] : [],
          },
        ],
      } satisfies VcpusSection),
    });

  test('two probes of one host are equal whatever its counters read', () => {
    expect(counted('0x1', true)).toEqual(counted('0x2', false));
    expect(canonicalSections({ state: section({ limited: [[COUNTER, 'changed', 'changed', '0x1']] }) })).toEqual(
      canonicalSections({ state: section({ limited: [[COUNTER, 'changed', 'changed', '0x2']] }) }),
    );
  });

  test('every word of the volatile table is a register', () => {
    expect(Object.keys(VOLATILE).filter((path) => idOf(path) === null)).toEqual([]);
  });

  test('a register that is not volatile still counts', () => {
    const registers = (value: string): Json => canonicalSections({ vcpus: section({ registers: [[PFR0, value]] }) });
    expect(registers('0x1')).not.toEqual(registers('0x2'));
  });

  test('the numbers that a host gives its PMUs do not count', () => {
    const attributes = (type: string): Json =>
      canonicalSections({
        'vcpu-attributes': section({
          pmus: [`armv8_${type}`],
          attributes: [
            { name: 'KVM_ARM_VCPU_PMU_V3_SET_PMU', has: true, trials: [{ wrote: type, outcome: 'accepted' }] },
          ],
        }),
      });
    expect(attributes('0x8')).toEqual(attributes('0xa'));
  });
});
