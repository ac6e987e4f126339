/** libvirt's test data (tests/cputestdata, where ../shared/corpora has it): dumps, and what libvirt and QEMU say of them. */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { measure } from '../../../src/arch/index.ts';
import { parseXml, readCpuData } from '../../../src/interop/libvirt/index.ts';
import type { WordPath } from '../../../src/model/index.ts';

export const CORPUS: string = fileURLToPath(new URL('../../../../shared/corpora/libvirt/', import.meta.url));

export interface Dump {
  /** As in the file's name: `Xeon-Gold-6148`. */
  readonly cpu: string;
  readonly vendor: string;
  /** Values by the word that a guest would see: `cpuid/0x7:0/ebx`. A word that is not here was not dumped. */
  readonly words: ReadonlyMap<WordPath, bigint>;
  /** From `-host.xml`: the model and the features that libvirt found beside it; false: the model has it, the CPU not. */
  readonly host: { readonly model: string; readonly features: ReadonlyMap<string, boolean> } | null;
  /** From `.json`: the boolean properties of QEMU's `-cpu host`, expanded over QMP on that machine. */
  readonly qemu: ReadonlyMap<string, boolean> | null;
}

const EXPECTED = /-(host|guest|json|enabled|disabled)\.xml$/;
const RAW = /^x86_64-cpuid-(.+)\.xml$/;

export function corpusIsHere(): boolean {
  return existsSync(CORPUS);
}

export function readCorpus(): readonly Dump[] {
  return readdirSync(CORPUS)
    .filter((file) => RAW.test(file) && !EXPECTED.test(file))
    .map((file) => readDump(RAW.exec(file)?.[1] ?? ''));
}

function text(cpu: string, ending: string): string | null {
  const path = `${CORPUS}x86_64-cpuid-${cpu}${ending}`;
  return existsSync(path) ? readFileSync(path, 'utf8') : null;
}

function readDump(cpu: string): Dump {
  const surface = readCpuData(text(cpu, '.xml') ?? '');
  if (!surface.ok) throw new Error(`${cpu}.xml: ${surface.error.message}`);
  const words = [...measure(surface.value).words].map(([path, { value }]): [WordPath, bigint] => [
    path.replace(/^host-/, ''),
    value ?? 0n,
  ]);
  return {
    cpu,
    vendor: surface.value.host?.cpu.vendor ?? 'unknown',
    words: new Map(words),
    host: readHost(text(cpu, '-host.xml')),
    qemu: readExpansion(text(cpu, '.json')),
  };
}

function readHost(xml: string | null): Dump['host'] {
  if (xml === null) return null;
  const root = parseXml(xml);
  if (!root.ok) throw new Error(root.error.message);
  const children = root.value.children;
  return {
    model: children.find(({ name }) => name === 'model')?.text ?? '',
    features: new Map(
      children
        .filter(({ name }) => name === 'feature')
        .map(({ attributes }) => [attributes.get('name') ?? '', attributes.get('policy') !== 'disable']),
    ),
  };
}

/** The answers of QMP, one after the other; the first is that of query-cpu-model-expansion. */
function readExpansion(json: string | null): Dump['qemu'] {
  const first = json?.split(/^(?=\{)/m)[0];
  if (first === undefined) return null;
  const props = path(JSON.parse(first), ['return', 'model', 'props']);
  if (typeof props !== 'object' || props === null) throw new Error('no expansion of a CPU model');
  return new Map(Object.entries(props).filter((entry): entry is [string, boolean] => typeof entry[1] === 'boolean'));
}

function path(value: unknown, names: readonly string[]): unknown {
  return names.reduce<unknown>(
    (at, name) => (typeof at === 'object' && at !== null ? Reflect.get(at, name) : undefined),
    value,
  );
}
