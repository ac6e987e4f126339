/** What is in a migration stream, for people. */
import { foundSubsections, subsectionsOf } from '../interop/qemu/stream/index.ts';
import type { RamListing, StreamListing, StreamSection, StreamState } from '../interop/qemu/stream/index.ts';
import { hex } from '../model/hex.ts';
import { inUnits } from './units.ts';
import { table } from './table.ts';
import type { Terminal } from './terminal.ts';

export function streamText(terminal: Terminal, name: string, listing: StreamListing): string {
  const { sections } = listing;
  return [
    factTable(terminal, name, listing),
    listing.ram === null ? '' : ramText(terminal, listing.ram),
    '\nSections, in the order of the stream:\n',
    sectionTable(terminal, sections),
  ].join('');
}

function factTable(terminal: Terminal, name: string, listing: StreamListing): string {
  const { bytes, container, configuration, architecture, pageSize, footers, commands, description } = listing;
  const { capabilities = [], uuid = null } = configuration ?? {};
  const facts: (readonly [string, string])[] = [
    ['Stream', `${name === '-' ? 'standard input' : name}, ${inUnits(bytes)}`],
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
    ...(state === null ? [] : [...subsectionRows(state, '  '), ...foundRows(state)]),
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

function foundRows(state: StreamState): string[][] {
  return foundSubsections(state).map(({ name, version, offset }) => [
    ...[hex(offset), `  ${name}`, '', `${version}`, '?'],
    'found by its header, in a field that is not described',
  ]);
}

function subsectionRows(state: StreamState, indent: string): string[][] {
  return subsectionsOf(state).flatMap((each) => [
    [hex(each.offset), `${indent}${each.name}`, '', `${each.version}`, `${each.bytes}`, ''],
    ...subsectionRows(each, `${indent}  `),
  ]);
}
