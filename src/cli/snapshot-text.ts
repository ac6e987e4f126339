/** What is in a snapshot file, for people and as a document. */
import { SNAPSHOT_SUMMARY_FORMAT, snapshotSummarySchema } from '../format/index.ts';
import type { MemoryUse, SnapshotSummary, UnitSummary } from '../format/index.ts';
import { fromHex } from '../model/index.ts';
import type { SavedState, SavedUnit } from '../model/index.ts';
import { namedValues } from '../snapshot/describe.ts';
import type { SnapshotFile } from '../snapshot/file/index.ts';
import { describeCpu, shortFingerprint } from './describe.ts';
import { documentText } from './emit.ts';
import { table } from './table.ts';
import type { Terminal } from './terminal.ts';
import { inUnits } from './units.ts';

/** Reads the memory's extents through, for their sizes. */
export async function summarize(file: SnapshotFile, withState: boolean): Promise<SnapshotSummary> {
  const { metadata, source, contract, state } = file.parts;
  const memory = metadata.memory.map(({ base, length }) => ({ base, length, used: 0, extents: 0, stored: 0 }));
  for await (const { address, length, stored } of file.extents()) {
    const use = memory.find(
      ({ base, length: all }) => address >= fromHex(base) && address < fromHex(base) + BigInt(all),
    );
    if (use === undefined) throw new Error('an open snapshot has all extents in its regions');
    use.used += length;
    use.extents++;
    use.stored += stored.length;
  }
  return {
    format: SNAPSHOT_SUMMARY_FORMAT,
    snapshot: `evenkeel.snapshot/${file.version}`,
    bytes: file.fileLength,
    metadata,
    source,
    contract: { name: contract.name, promises: contract.promises.length, carries: contract.carries.length },
    sections: file.sections.map(({ name, encoding, stored, length, sha256 }) => ({
      name,
      encoding,
      stored,
      length,
      sha256: Buffer.from(sha256).toString('hex'),
    })),
    memory,
    units: state.units.map((unit) => unitSummary(unit)),
    ...(withState ? { state } : {}),
  };
}

function unitSummary({ name, rule, call, data }: SavedUnit): UnitSummary {
  return {
    name,
    rule,
    call,
    registers: data.kind === 'registers' ? data.registers.length : null,
    bytes: data.kind === 'bytes' ? Buffer.byteLength(data.base64, 'base64') : null,
  };
}

export function summaryJson(summary: SnapshotSummary): string {
  return documentText(snapshotSummarySchema.encode(summary));
}

export function summaryText(terminal: Terminal, path: string, summary: SnapshotSummary): string {
  const { snapshot, bytes, metadata, source, contract, memory, units, state } = summary;
  const { guest } = metadata;
  const host =
    source.host === null ? 'an unknown host' : `${source.host.kernelRelease}, ${describeCpu(source.host.cpu)}`;
  const facts: (readonly [string, string])[] = [
    ['Snapshot', `${path}  ${terminal.style('dim', snapshot)}`],
    ['Guest', `${guest.name}, ${guest.vcpus} ${guest.vcpus === 1 ? 'vCPU' : 'vCPUs'}, ${source.architecture}`],
    ['Saved', `${metadata.at} by ${metadata.by}`],
    ['On', `${host}  ${terminal.style('dim', `surface ${shortFingerprint(source.fingerprint)}`)}`],
    ['Contract', `${contract.name}: ${contract.promises} words promised, ${contract.carries} carried`],
    ...(metadata.command === null ? [] : [['Again', metadata.command] as const]),
    ...Object.entries(metadata.environment),
  ];
  return [
    table([{ title: '' }, { title: '', flexible: true }], facts, { width: terminal.width, bare: true }),
    `\nThe file, ${inUnits(bytes)}; every checksum fits:\n`,
    sectionTable(terminal, summary),
    '\nMemory:\n',
    memoryTable(terminal, memory),
    '\nState, in the order in which it is restored:\n',
    unitTable(terminal, units),
    ...(state === undefined ? [] : state.units.map((unit) => valuesText(terminal, state, unit))),
  ].join('');
}

function sectionTable(terminal: Terminal, { sections }: SnapshotSummary): string {
  return table(
    [
      { title: 'SECTION' },
      { title: 'ENCODING' },
      { title: 'BYTES', align: 'right' },
      { title: 'UNPACKED', align: 'right' },
      { title: 'SHA-256' },
    ],
    sections.map(({ name, encoding, stored, length, sha256 }) => [
      name,
      encoding,
      `${stored}`,
      `${length}`,
      sha256.slice(0, 16),
    ]),
    { width: terminal.width, indent: '  ' },
  );
}

function memoryTable(terminal: Terminal, memory: readonly MemoryUse[]): string {
  return table(
    [
      { title: 'FROM' },
      { title: 'SIZE', align: 'right' },
      { title: 'NOT ZERO', align: 'right' },
      { title: 'EXTENTS', align: 'right' },
      { title: 'PACKED', align: 'right' },
    ],
    memory.map(({ base, length, used, extents, stored }) => [
      base,
      inUnits(length),
      inUnits(used),
      `${extents}`,
      inUnits(stored),
    ]),
    { width: terminal.width, indent: '  ' },
  );
}

function unitTable(terminal: Terminal, units: readonly UnitSummary[]): string {
  return table(
    [{ title: 'UNIT' }, { title: 'CALL' }, { title: 'HOLDS' }, { title: 'RULE (docs/ordering.md)', flexible: true }],
    units.map(({ name, rule, call, registers, bytes }) => [name, call, holds(registers, bytes), rule]),
    { width: terminal.width, indent: '  ' },
  );
}

function holds(registers: number | null, bytes: number | null): string {
  if (registers !== null) return `${registers} ${registers === 1 ? 'register' : 'registers'}`;
  return bytes === null ? 'lies in guest memory' : `${bytes} bytes`;
}

function valuesText(terminal: Terminal, { architecture }: SavedState, unit: SavedUnit): string {
  const rows = namedValues(architecture, unit).map(({ name, value }) => [name, value]);
  if (rows.length === 0) return '';
  const columns = [{ title: '' }, { title: '', flexible: true }];
  return `\n${terminal.style('bold', unit.name)}\n${table(columns, rows, { width: terminal.width, indent: '  ', bare: true })}`;
}
