/** The arguments of an x86 guest, and what a person has to know of them. */
import type { QemuVersion } from '../../../../arch/vmm/qemu-version.ts';
import type { QemuProperty } from '../../../../arch/vmm/qemu-property.ts';
import type { Property } from '../arguments.ts';
import type { Chosen } from '../index.ts';
import type { Promises } from '../promise.ts';
import { x86Outcome } from './outcome.ts';
import { BASE_MODEL, x86Settings } from './settings.ts';
import type { X86Settings } from './settings.ts';

export function x86Arguments(
  promises: Promises,
  {
    version,
    model,
    machine,
  }: { readonly version: QemuVersion; readonly model?: string | undefined; readonly machine: string },
): Chosen {
  const settings = x86Settings(promises, version, model ?? BASE_MODEL);
  const irqchip = on(settings, 'accel').some(({ name }) => name === 'kernel-irqchip');
  return {
    arguments: {
      machine: { type: machine, properties: on(settings, 'machine') },
      accel: [...(irqchip ? [] : [{ name: 'kernel-irqchip', value: 'on' }]), ...on(settings, 'accel')],
      // enforce: a host that lacks a feature is refused; without it QEMU warns and leaves the feature out.
      cpu: { model: settings.model, properties: [{ name: 'enforce', value: 'on' }, ...settings.cpu] },
      overcommit: on(settings, 'overcommit'),
    },
    notes: notes(settings, promises),
    outcome: (promised) => x86Outcome(settings, promises, promised),
  };
}

function on({ written }: X86Settings, where: QemuProperty['on']): Property[] {
  return [...written].flatMap(([property, text]) =>
    property.on === where && text !== null ? [{ name: property.name, value: text }] : [],
  );
}

function notes({ model, pmu }: X86Settings, promises: Promises): string[] {
  const features = promises.get('cpuid/0x1:0/ecx');
  const hidden =
    features !== undefined && ((features.mask >> 31n) & 1n) === 1n && ((features.value >> 31n) & 1n) === 0n;
  return [
    model === BASE_MODEL
      ? 'The model "base" has no feature of its own and is the same in every version and machine type of QEMU: what is not named here the guest does not have, whatever the host shows. enforce=on ends QEMU on a host that lacks one of them.'
      : `Every feature that this QEMU has a name for is said, on or off, so that nothing is left to what the model ${model} means in this version and with this machine type. enforce=on ends QEMU on a host that lacks one of those that are on.`,
    ...(/^(?:host|max)$/.test(model)
      ? [
          `The model ${model} takes from the host what no property is for: caches, and bits that this QEMU has no name for.`,
        ]
      : []),
    ...(hidden
      ? [
          'The contract says that the guest sees no hypervisor (CPUID 1 ECX bit 31), as KVM has it where nobody asks: guests then do not look for the paravirtual clock and the like. For a guest that does, pin with --set cpuid/0x1:0/ecx/hypervisor=1.',
        ]
      : []),
    ...(pmu ? ["pmu=on: what the guest's PMU looks like is the host's, and no argument changes it."] : []),
  ];
}
