/**
 * The CPU map of the libvirt on this machine: what its names of features and models stand for. It is not part of Evenkeel:
 * a libvirt understands the names of its own map, and of no other.
 */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { err, ok } from '../../model/index.ts';
import type { Result } from '../../model/index.ts';
import { union } from './bits.ts';
import type { Bits } from './bits.ts';
import { armModel, x86Model } from './cpu-map-models.ts';
import type { ArmModel, X86Model } from './cpu-map-models.ts';
import { libvirtFeatures } from './features.ts';
import { attribute, childrenOf, fault, parseXml } from './xml.ts';
import type { XmlElement, XmlFault } from './xml.ts';

/** Where Debian's, Fedora's and SUSE's packages put it. */
export const CPU_MAP_DIRECTORY = '/usr/share/libvirt/cpu_map';
/** Names another place. */
export const CPU_MAP_VARIABLE = 'EVENKEEL_LIBVIRT_CPU_MAP';

export interface MapFeature {
  readonly name: string;
  readonly bits: Bits;
  /** False where libvirt does not migrate a guest that has it. */
  readonly migratable: boolean;
}

export interface X86Map {
  readonly directory: string;
  /** In the map's order, which decides how libvirt names bits that belong to several features. */
  readonly features: ReadonlyMap<string, MapFeature>;
  /** In the map's order: libvirt looks at later ones first. */
  readonly models: ReadonlyMap<string, X86Model>;
  /** `AMD` to `AuthenticAMD`. */
  readonly vendors: ReadonlyMap<string, string>;
}

export interface ArmMap {
  readonly directory: string;
  readonly features: ReadonlySet<string>;
  readonly models: ReadonlyMap<string, ArmModel>;
  /** `ARM` to the implementer's code of MIDR_EL1. */
  readonly vendors: ReadonlyMap<string, bigint>;
}

/** One sentence, and what to do about it. */
export interface CpuMapError {
  readonly message: string;
  readonly advice: string;
}

const PACKAGES =
  'It comes with libvirt: on Debian in libvirt-common (up to 12 in libvirt0), on Fedora in libvirt-libs. ' +
  `${CPU_MAP_VARIABLE} names another place.`;

/** The directory in use: the argument, the variable, the packages' own. */
export function cpuMapDirectory(directory?: string): string {
  const named = directory ?? process.env[CPU_MAP_VARIABLE];
  return named === undefined || named === '' ? CPU_MAP_DIRECTORY : named;
}

/** Maps that were read, by place and time of their index: a pool has many guests, and one map. */
const known = new Map<string, X86Map>();

export function readX86Map(where?: string): Result<X86Map, CpuMapError> {
  const directory = cpuMapDirectory(where);
  const index = statSync(join(directory, 'index.xml'), { throwIfNoEntry: false });
  const key = `${directory} ${index?.mtimeMs ?? ''}`;
  const before = known.get(key);
  if (before !== undefined) return ok(before);
  const read = x86MapIn(directory);
  if (read.ok) known.set(key, read.value);
  return read;
}

function x86MapIn(directory: string): Result<X86Map, CpuMapError> {
  return opened(directory, 'x86', (elements, texts) => {
    const features = new Map<string, MapFeature>();
    for (const text of texts) {
      const rows = libvirtFeatures(text);
      if (!rows.ok) return rows;
      for (const { name, word, bit, migratable } of rows.value) {
        const before = features.get(name)?.bits ?? new Map();
        features.set(name, { name, migratable, bits: union(before, new Map([[word, 1n << BigInt(bit)]])) });
      }
    }
    const vendors = new Map<string, string>();
    const models = new Map<string, X86Model>();
    for (const element of elements) {
      if (element.name === 'vendor') {
        vendors.set(element.attributes.get('name') ?? '', element.attributes.get('string') ?? '');
      }
      if (element.name !== 'model') continue;
      const model = x86Model(element, models);
      if (!model.ok) return model;
      models.set(model.value.name, model.value);
    }
    return ok({ directory, features, models, vendors });
  });
}

export function readArmMap(where?: string): Result<ArmMap, CpuMapError> {
  const directory = cpuMapDirectory(where);
  return opened(directory, 'arm', (elements) => {
    const vendors = new Map<string, bigint>();
    const features = new Set<string>();
    const models = new Map<string, ArmModel>();
    for (const element of elements) {
      const name = attribute(element, 'name');
      if (!name.ok) return name;
      if (element.name === 'feature') features.add(name.value);
      if (element.name === 'vendor') vendors.set(name.value, BigInt(element.attributes.get('value') ?? '0'));
      if (element.name !== 'model') continue;
      const model = armModel(element);
      if (!model.ok) return model;
      models.set(name.value, model.value);
    }
    return ok({ directory, features, models, vendors });
  });
}

/** The elements of all files of one architecture, in the order of index.xml, and the files' texts. */
function opened<T>(
  directory: string,
  arch: string,
  build: (elements: readonly XmlElement[], texts: readonly string[]) => Result<T, XmlFault>,
): Result<T, CpuMapError> {
  if (!existsSync(join(directory, 'index.xml'))) {
    return err({ message: `there is no CPU map of libvirt at ${directory}`, advice: PACKAGES });
  }
  const faulty = (file: string, { line, message }: XmlFault): Result<never, CpuMapError> =>
    err({ message: `${join(directory, file)}, line ${line ?? 1}: ${message}`, advice: PACKAGES });
  const index = parseXml(readFileSync(join(directory, 'index.xml'), 'utf8'));
  if (!index.ok) return faulty('index.xml', index.error);
  const own = childrenOf(index.value, 'arch').find(({ attributes }) => attributes.get('name') === arch);
  if (own === undefined) return faulty('index.xml', fault(null, `it has no models of ${arch}`));
  const elements: XmlElement[] = [];
  const texts: string[] = [];
  for (const include of includesOf(own)) {
    const file = include.attributes.get('filename') ?? '';
    if (!/^[\w.+-]+\.xml$/.test(file))
      return faulty('index.xml', fault(include.line, `'${file}' is no file of the map`));
    if (!existsSync(join(directory, file))) return faulty('index.xml', fault(include.line, `there is no ${file}`));
    const text = readFileSync(join(directory, file), 'utf8');
    const root = parseXml(text);
    if (!root.ok) return faulty(file, root.error);
    elements.push(...root.value.children);
    texts.push(text);
  }
  const built = build(elements, texts);
  return built.ok ? built : faulty('*.xml', built.error);
}

/** Newer maps sort models into groups. */
function includesOf(element: XmlElement): readonly XmlElement[] {
  return element.children.flatMap((child) =>
    child.name === 'include' ? [child] : child.name === 'group' ? includesOf(child) : [],
  );
}
