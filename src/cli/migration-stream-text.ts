/** What is in a migration stream, for people. */
import { numberOf, registersOf, subsectionsOf } from '../interop/qemu/stream/index.ts';
import type { RamListing, StreamField, StreamListing, StreamSection } from '../interop/qemu/stream/index.ts';
import type { StreamState } from '../interop/qemu/stream/index.ts';
import { hex } from '../model/index.ts';
import type { Wanted } from './migration-stream.ts';
import { inUnits } from './snapshot-text.ts';
import { table } from './table.ts';
import type { Terminal } from './terminal.ts';

/** Elements of an array and bytes of a buffer that are shown; JSON has all. */
const SHOWN = 32;

export function streamText(terminal: Terminal, name: string, listing: StreamListing, wanted: Wanted): string {
  const { sections } = listing;
  return [
    factTable(terminal, name, listing),
    listing.ram === null ? '' : ramText(terminal, listing.ram),
    '\nSections, in the order of the stream:\n',
    sectionTable(terminal, sections),
    ...sections.filter((section) => wanted(section)).map((section) => fieldsText(terminal, section)),
  ].join('');
}

function factTable(terminal: Terminal, name: string, listing: StreamListing): string {
  const { bytes, container, configuration, architecture, pageSize, footers, commands, description } = listing;
  const { capabilities = [], uuid = null } = configuration ?? {};
  const facts: (readonly [string, string])[] = [
    ['Stream', `${name}, ${inUnits(bytes)}`],
    ...(container === null ? [] : [['Inside', `${container.name}; begins at ${hex(container.bytes)}`] as const]),
    ['Machine', `${configuration?.machine ?? 'not said'}${architecture === null ? '' : `, ${architecture}`}`],
    ...(capabilities.length === 0 ? [] : [['Capabilities', capabilities.join(', ')] as const]),
    ...(uuid === null ? [] : [['UUID', uuid] as const]),
    ['Page size', inUnits(pageSize)],
    ...(footers === false ? [['Footers', 'none'] as const] : []),
    ...(commands.length === 0 ? [] : [['Commands', commands.map((command) => command.name).join(', ')] as const]),
    [
      'Description',
      description === null
        ? 'none (suppress-vmdesc): sections end where their footers were found, fields are not known'
        : `${inUnits(description.bytes)} at ${hex(description.offset)}`,
    ],
  ];
  return table([{ title: '' }, { title: '', flexible: true }], facts, { width: terminal.width, bare: true });
}

function ramText(terminal: Terminal, { blocks, layout, multifd }: RamListing): string {
  const rare = blocks.some(({ xbzrle, compressed }) => xbzrle + compressed > 0);
  const how = layout === 'mapped-ram' ? ', each page at its place (mapped-ram)' : '';
  const where = multifd ? '; pages travel in other channels (multifd) and are not in this stream' : '';
  const right = (title: string): { title: string; align: 'right' } => ({ title, align: 'right' });
  const rows = blocks.map(({ name, size, normal, zero, xbzrle, compressed }) => [
    name,
    inUnits(size),
    `${normal}`,
    `${zero}`,
    ...(rare ? [`${xbzrle}`, `${compressed}`] : []),
  ]);
  const columns = [
    { title: 'BLOCK' },
    right('SIZE'),
    right('PAGES'),
    right('ZERO PAGES'),
    ...(rare ? [right('XBZRLE'), right('COMPRESSED')] : []),
  ];
  return `\nRAM${how}${where}:\n${table(columns, rows, { width: terminal.width, indent: '  ' })}`;
}

function sectionTable(terminal: Terminal, sections: readonly StreamSection[]): string {
  const rows = sections.flatMap(({ offset, id, instance, version, bytes, state, undecoded }) => [
    [hex(offset), id, `${instance}`, `${version}`, `${bytes}`, undecoded ?? ''],
    ...(state === null ? [] : subsectionRows(state, '  ')),
  ]);
  return table(
    [
      { title: 'OFFSET', align: 'right' },
      { title: 'SECTION' },
      { title: 'INSTANCE', align: 'right' },
      { title: 'VERSION', align: 'right' },
      { title: 'BYTES', align: 'right' },
      { title: '', flexible: true },
    ],
    rows,
    { width: terminal.width, indent: '  ' },
  );
}

function subsectionRows(state: StreamState, indent: string): string[][] {
  return subsectionsOf(state).flatMap((each) => [
    [hex(each.offset), `${indent}${each.name}`, '', `${each.version}`, `${each.bytes}`, ''],
    ...subsectionRows(each, `${indent}  `),
  ]);
}

function fieldsText(terminal: Terminal, { id, instance, state, undecoded }: StreamSection): string {
  const title = `\n${terminal.style('bold', `${id}, instance ${instance}`)}\n`;
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
