/** What a person has to know of a template besides which elements it sets. */
import type { Contract } from '../../model/index.ts';
import { isDump } from './base.ts';
import type { ExportOptions } from './export.ts';
import type { CpuTemplate } from './template.ts';

const NOTES: readonly {
  readonly when: (template: CpuTemplate, options: ExportOptions, contract: Contract) => boolean;
  readonly text: string;
}[] = [
  {
    when: ({ features, cpuid, msrs, registers }) =>
      features.length + cpuid.length + msrs.length + registers.length === 0,
    text: 'the template is empty: guests have all that it could set without one',
  },
  {
    when: (_, { base }) => !isDump(base),
    text: 'the base is what KVM offers on that host; a dump of Firecracker itself (cpu-template-helper fingerprint dump) also says what it writes over that',
  },
  {
    when: (_, { claim }) => claim,
    text: '--claim: the guest is told of features whether the host has them or not; where it has not, using them fails in the guest',
  },
  {
    when: ({ features }) => features.length > 0,
    text: 'vCPU features change which registers guests have: dump a guest that was started with this template, and export once more with that as --from',
  },
  {
    // src/vmm/src/arch/x86_64/vcpu.rs, configure.
    when: ({ msrs }) => msrs.length > 0,
    text: 'MSRs that a template names are part of the snapshots of its guests: a host that restores one must have them',
  },
  {
    // docs/cpu_templates/cpu-templates.md: older kernels take no write of an ID register that changes it.
    when: ({ registers }) => registers.length > 0,
    text: 'Firecracker writes each register with KVM_SET_ONE_REG and does not start the guest where KVM refuses one: the kernel must let ID registers be written',
  },
  {
    when: ({ features, cpuid, msrs, registers }) => features.length + cpuid.length + msrs.length + registers.length > 0,
    text: 'KVM may drop bits without an error: cpu-template-helper template verify, on that host, shows whether it kept them',
  },
];

export function exportNotes(contract: Contract, template: CpuTemplate, options: ExportOptions): string[] {
  return NOTES.filter(({ when }) => when(template, options, contract)).map(({ text }) => text);
}
