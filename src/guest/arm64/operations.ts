/** Operations by short names, for tables that are written by hand. */
import { hex } from '../../model/index.ts';
import type { Width } from './assembler/index.ts';
import type { CodeOperation, PlainOperation } from './operation.ts';

export function mrs(register: string): PlainOperation {
  return { kind: 'read', from: { register } };
}

export function msr(register: string, value: bigint): PlainOperation {
  return { kind: 'write', to: { register }, value: hex(value) };
}

export function load(width: Width, address: bigint | number): PlainOperation {
  return { kind: 'read', from: { width, address: hex(address) } };
}

export function store(width: Width, address: bigint | number, value: bigint): PlainOperation {
  return { kind: 'write', to: { width, address: hex(address) }, value: hex(value) };
}

export function hvc(...parameters: readonly (bigint | number)[]): PlainOperation {
  return { kind: 'call', by: 'hvc', parameters: parameters.map((value) => hex(value)) };
}

export function code(values: number, items: CodeOperation['code']): CodeOperation {
  return { kind: 'code', values, code: items };
}
