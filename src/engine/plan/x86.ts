/** The steps of an x86 machine, and how its words are read back. */
import { hex } from '../../model/index.ts';
import type { Contract, MeasuredSurface, PlanRead, Registry } from '../../model/index.ts';
import { cpuidTable, placed } from './cpuid-table.ts';
import { capabilityDrafts, ruleId } from './draft.ts';
import type { Draft } from './draft.ts';
import type { Wanted } from './wanted.ts';

/** Pins of the IOAPICs that a VMM with a split interrupt controller emulates, as QEMU has them. */
const SPLIT_PINS = 24n;
/** KVM_X2APIC_ENABLE_SUPPRESS_EOI_BROADCAST and _DISABLE_: the first needs a split controller (api.rst, 7.7). */
const NEEDS_SPLIT = /^x2apic\/(ENABLE|DISABLE)_SUPPRESS_EOI_BROADCAST$/;

export function x86Drafts(
  registry: Registry,
  contract: Contract,
  surface: MeasuredSurface,
  all: readonly Wanted[],
): Draft[] {
  const entries = cpuidTable(registry, contract, surface, all);
  return [
    { rule: 'x86/vm', call: { call: 'KVM_CREATE_VM', machineType: 0 }, wanted: [] },
    ...irqchip(all),
    ...capabilityDrafts('x86_64', all),
    { rule: 'x86/vcpu', call: { call: 'KVM_CREATE_VCPU', id: 0 }, wanted: [] },
    ...(entries.length === 0
      ? []
      : [
          {
            rule: 'x86/cpuid',
            call: { call: 'KVM_SET_CPUID2', entries } as const,
            wanted: all.filter(({ operation }) => operation?.call === 'KVM_SET_CPUID2'),
          },
        ]),
    ...msrs(all),
    ...frequency(all),
  ];
}

/** A local APIC in the kernel, as VMMs have it; PIC and IOAPIC beside it, but where a flag wants them in the VMM. */
function irqchip(all: readonly Wanted[]): Draft[] {
  // The contract itself asks for one or the other.
  if (all.some(({ path, differs }) => path === 'switch/SPLIT_IRQCHIP' && differs)) return [];
  const split = all.some(({ path, differs }) => differs && NEEDS_SPLIT.test(path));
  if (!split) return [{ rule: 'x86/irqchip', call: { call: 'KVM_CREATE_IRQCHIP' }, wanted: [] }];
  return [
    {
      rule: 'x86/split-irqchip',
      call: {
        call: 'KVM_ENABLE_CAP',
        on: 'vm',
        capability: 'KVM_CAP_SPLIT_IRQCHIP',
        args: [hex(SPLIT_PINS), '0x0', '0x0', '0x0'],
      },
      wanted: [],
    },
  ];
}

/** All that fall under one rule in one call; state is restored, not selected, so only what was promised is here. */
function msrs(all: readonly Wanted[]): Draft[] {
  const byRule = new Map<string, Wanted[]>();
  for (const wanted of all) {
    if (!wanted.differs || wanted.operation?.call !== 'KVM_SET_MSRS') continue;
    const rule = ruleId('x86_64', wanted.operation);
    byRule.set(rule, [...(byRule.get(rule) ?? []), wanted]);
  }
  return [...byRule].map(([rule, wanted]) => ({
    rule,
    call: {
      call: 'KVM_SET_MSRS',
      msrs: wanted.flatMap(({ operation, whole }) =>
        operation?.call === 'KVM_SET_MSRS' ? [{ index: operation.index, value: hex(whole) }] : [],
      ),
    },
    wanted,
  }));
}

function frequency(all: readonly Wanted[]): Draft[] {
  return all.flatMap((wanted): Draft[] =>
    wanted.differs && wanted.operation?.call === 'KVM_SET_TSC_KHZ'
      ? [{ rule: 'x86/tsc-khz', call: { call: 'KVM_SET_TSC_KHZ', khz: Number(wanted.whole) }, wanted: [wanted] }]
      : [],
  );
}

/**
 * Null where KVM has no call that reads the word. `hyperv`: whether the table has Hyper-V's leaves; without them KVM's own
 * stand in their place, and say nothing of them.
 */
export function x86Read({ path, operation }: Wanted, hyperv: boolean): PlanRead | null {
  switch (operation?.call) {
    case 'KVM_SET_CPUID2': {
      const { leaf, subleaf, register } = operation;
      const ofHyperv = path.startsWith('hyperv/');
      if (ofHyperv && !hyperv) return null;
      return { call: 'KVM_GET_CPUID2', function: ofHyperv ? leaf : placed(leaf, hyperv), index: subleaf, register };
    }
    case 'KVM_SET_MSRS':
      return { call: 'KVM_GET_MSRS', index: operation.index };
    case 'KVM_SET_LAPIC':
      return { call: 'KVM_GET_LAPIC', offset: operation.offset };
    case 'KVM_SET_TSC_KHZ':
      return { call: 'KVM_GET_TSC_KHZ' };
    default:
      return null;
  }
}
