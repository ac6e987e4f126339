/**
 * How a value is selected by KVM's ioctls and by the programs above it. What a program is not known to be able to is left
 * out; what it is known not to be able to is there without a way.
 */
import type { Element, Operation, Selector } from '../../../model/index.ts';
import { describeOperation } from '../../../model/index.ts';
import type { QemuName } from '../tables/qemu-names.ts';
import { PROGRAM_ROWS } from './program-rows.ts';

/** `bit 5`, `bits 8 to 15`, or nothing where the element is the word. */
function bits({ shift, width, path, word }: Element): string {
  if (path === word) return '';
  return width === 1 ? ` bit ${shift}` : ` bits ${shift} to ${shift + width - 1}`;
}

const number = (value: number | bigint): string => `0x${value.toString(16)}`;

/** In the order kvm, qemu, libvirt, firecracker. */
export function selectors(element: Element, operation: Operation | null, name: QemuName | null): readonly Selector[] {
  const programs = (['qemu', 'libvirt', 'firecracker'] as const).flatMap((by) => {
    const found =
      byName(by, name) ?? byRow(by, element) ?? (by === 'firecracker' ? template(element, operation) : null);
    return found === null ? [] : [found];
  });
  return [kvm(element, operation), ...programs];
}

function kvm(element: Element, operation: Operation | null): Selector {
  if (operation === null) return { by: 'kvm', how: null, source: 'KVM API document, which has no such call' };
  const { call, target } = describeOperation(operation);
  const source = `KVM API document, ${call}`;
  // What follows from the guest's own doing is nobody's to select.
  if (element.kind === 'derived' && call !== 'KVM_ENABLE_CAP') return { by: 'kvm', how: null, source };
  return { by: 'kvm', how: `${call}: ${target}${bits(element)}`, source };
}

/** A bit that has a property of its own. */
function byName(by: 'qemu' | 'libvirt' | 'firecracker', name: QemuName | null): Selector | null {
  if (by === 'qemu' && typeof name?.qemu === 'string') {
    return { by, how: `-cpu …,${name.qemu}=on or off`, source: 'QEMU 11.1.3, target/i386/cpu.c, feature_word_info' };
  }
  if (by === 'libvirt' && typeof name?.libvirt === 'string') {
    const how = `<feature policy='require' name='${name.libvirt}'/>, or policy='disable'`;
    return { by, how, source: 'libvirt 12.8.0, cpu_map/x86_features.xml' };
  }
  return null;
}

function byRow(by: 'qemu' | 'libvirt' | 'firecracker', element: Element): Selector | null {
  const row = PROGRAM_ROWS.find(
    (each) =>
      each.by === by &&
      (element.path === each.of || element.path.startsWith(each.of.endsWith('_') ? each.of : `${each.of}/`)),
  );
  return row === undefined ? null : { by, how: row.how, source: row.source };
}

/** Firecracker's CPU templates hold bitmaps of any CPUID register and MSR. */
function template(element: Element, operation: Operation | null): Selector | null {
  const source = 'Firecracker, docs/cpu_templates/cpu-templates.md';
  if (element.kind === 'derived' || element.kind === 'state' || element.kind === 'topology') return null;
  if (operation?.call === 'KVM_SET_CPUID2') {
    const how = `CPU template, cpuid_modifiers: leaf ${number(operation.leaf)}, subleaf ${number(operation.subleaf)}, ${operation.register}${bits(element)}`;
    return { by: 'firecracker', how, source };
  }
  if (operation?.call === 'KVM_SET_MSRS') {
    const how = `CPU template, msr_modifiers: addr ${number(operation.index)}${bits(element)}`;
    return { by: 'firecracker', how, source };
  }
  return null;
}
