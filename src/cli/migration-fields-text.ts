/** The fields of a section of a migration stream, for people; of vCPUs the registers by name too. */
import { numberOf } from '../interop/qemu/stream/index.ts';
import type { StreamField, StreamSection, StreamState } from '../interop/qemu/stream/index.ts';
import { registersOf } from '../interop/qemu/stream/registers.ts';
import { hex } from '../model/index.ts';
import { table } from './table.ts';
import type { Terminal } from './terminal.ts';

/** Elements of an array and bytes of a buffer that are shown; JSON has all. */
const SHOWN = 32;

export function fieldsText(terminal: Terminal, { id, instance, state, undecoded }: StreamSection): string {
  const title = `${terminal.style('bold', `${id}, instance ${instance}`)}\n`;
  if (state === null) return `${title}  not decoded: ${undecoded ?? ''}\n`;
  const registers = registersOf(state);
  const named = registers.map(({ register, value, offset }) => [hex(offset), register, hex(value)]);
  const columns = [{ title: 'OFFSET', align: 'right' as const }, { title: 'REGISTER' }, { title: 'VALUE' }];
  return [
    title,
    table(
      [{ title: 'OFFSET', align: 'right' }, { title: 'FIELD' }, { title: 'TYPE' }, { title: 'VALUE', flexible: true }],
      stateRows(state, ''),
      { width: terminal.width, indent: '  ' },
    ),
    named.length === 0 ? '' : `\n${table(columns, named, { width: terminal.width, indent: '  ' })}`,
  ].join('');
}

function stateRows(state: StreamState, prefix: string): string[][] {
  const groups = arrays(state.fields);
  return [
    ...groups.flatMap((fields) => groupRows(fields, prefix)),
    ...state.subsections.flatMap((each) => [
      [hex(each.offset), each.name, 'subsection', `version ${each.version}`],
      ...stateRows(each, prefix),
    ]),
  ];
}

/** Elements of one array together. */
function arrays(fields: readonly StreamField[]): StreamField[][] {
  const groups: StreamField[][] = [];
  for (const field of fields) {
    const last = groups.at(-1);
    if (field.index !== null && field.index > 0 && last?.[0]?.name === field.name) last.push(field);
    else groups.push([field]);
  }
  return groups;
}

function groupRows(fields: readonly StreamField[], prefix: string): string[][] {
  const [first] = fields;
  if (first === undefined) return [];
  if (fields.some(({ state }) => state !== null)) {
    return fields.flatMap(({ name, index, state }) =>
      state === null ? [] : stateRows(state, `${prefix}${name}${index === null ? '' : `[${index}]`}.`),
    );
  }
  const count = fields.length === 1 ? '' : `[${fields.length}]`;
  const values = fields.slice(0, SHOWN).map((field) => valueText(field));
  const more = fields.length > SHOWN ? ' …' : '';
  return [[hex(first.offset), `${prefix}${first.name}${count}`, first.type, `${values.join(' ')}${more}`]];
}

function valueText(field: StreamField): string {
  const value = numberOf(field);
  if (value !== null) return hex(value);
  const { bytes, size } = field;
  const shown = Buffer.from(bytes.subarray(0, SHOWN))
    .toString('hex')
    .replace(/(..)(?=.)/g, '$1 ');
  return size > SHOWN ? `${shown} … (${size} bytes)` : shown;
}
