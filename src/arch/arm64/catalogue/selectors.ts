/** How an element is selected by KVM's ioctls and by the programs above it. */
import { describeOperation, hex } from '../../../model/index.ts';
import type { Element, Operation, Selector } from '../../../model/index.ts';
import { PROGRAM_ROWS } from './program-rows.ts';

/** In the order kvm, qemu, libvirt, firecracker. What a program is not known to be able to is left out. */
export function selectors(element: Element, operation: Operation | null): readonly Selector[] {
  const programs = (['qemu', 'libvirt', 'firecracker'] as const).flatMap((by) => {
    const found = programRow(by, element) ?? (by === 'firecracker' ? template(element, operation) : null);
    return found === null ? [] : [found];
  });
  return [kvm(element, operation), ...programs];
}

function kvm(element: Element, operation: Operation | null): Selector {
  if (operation === null) return { by: 'kvm', how: null, source: 'KVM API document, which has no such call' };
  const { call, target } = describeOperation(operation);
  const source = `KVM API document, ${call}`;
  // What follows from other settings is nobody's to select.
  if (element.kind === 'derived' && operation.call !== 'KVM_ENABLE_CAP') return { by: 'kvm', how: null, source };
  return { by: 'kvm', how: `${call}: ${target}${bits(element)}`, source };
}

function bits({ shift, width, path, word }: Element): string {
  if (path === word) return '';
  return width === 1 ? ` bit ${shift}` : ` bits ${shift} to ${shift + width - 1}`;
}

function programRow(by: 'qemu' | 'libvirt' | 'firecracker', { path }: Element): Selector | null {
  const found = PROGRAM_ROWS.find(
    (row) => row.by === by && (path === row.of || path.startsWith(row.of.endsWith('_') ? row.of : `${row.of}/`)),
  );
  return found === undefined ? null : { by, how: found.how, source: found.source };
}

const CHOSEN: ReadonlySet<Element['kind']> = new Set(['feature', 'limit', 'identity', 'paravirtual']);

/** Firecracker's CPU templates hold a bitmap for any register that KVM_SET_ONE_REG takes: `x` leaves a bit as it is. */
function template(element: Element, operation: Operation | null): Selector | null {
  if (operation?.call !== 'KVM_SET_ONE_REG' || !CHOSEN.has(element.kind)) return null;
  const where = element.path === element.word ? 'all bits set' : `${bits(element).trim()} set and x elsewhere`;
  const how = `CPU template, reg_modifiers: addr ${hex(operation.id)}, bitmap with ${where}`;
  return { by: 'firecracker', how, source: 'Firecracker, docs/cpu_templates/cpu-templates.md' };
}
