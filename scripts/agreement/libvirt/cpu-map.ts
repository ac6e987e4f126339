/**
 * libvirt's CPU map: which bits its features are and which features its models have. It is not part of this
 * repository: Debian's package libvirt-common is fetched into the lab's cache.
 */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { libvirtFeatures, parseXml } from '../../../src/interop/libvirt/index.ts';
import type { LibvirtFeature, XmlElement } from '../../../src/interop/libvirt/index.ts';
import { labContext } from '../../../src/lab/index.ts';
import { openAptRoot } from '../../../src/lab/apt-root.ts';
import { download, findPackage, unpack } from '../../../src/lab/packages.ts';
import { keep } from '../../../src/lab/store.ts';
import { err, ok } from '../../../src/model/index.ts';
import type { Result } from '../../../src/model/index.ts';

export interface CpuMap {
  /** Of Debian's package. */
  readonly version: string;
  readonly features: readonly LibvirtFeature[];
  /** Features of each model, its ancestors' included. */
  readonly models: ReadonlyMap<string, ReadonlySet<string>>;
}

const PACKAGE = 'libvirt-common';
/** The suite whose libvirt is of the corpus's series, 11.3. */
const SUITE = 'trixie';
const DIRECTORY = 'usr/share/libvirt/cpu_map';

/** From the cache; with `fetch` also from the network. The error is one sentence. */
export async function cpuMap(fetch: boolean): Promise<Result<CpuMap, string>> {
  const context = labContext();
  const kept = join(context.cache, 'libvirt');
  if (!fetch) {
    const version = existsSync(kept) ? readdirSync(kept).sort().at(-1) : undefined;
    if (version === undefined) return err("libvirt's CPU map is not in the cache: node scripts/agreement/libvirt.ts");
    return ok(read(version, join(kept, version, DIRECTORY)));
  }
  const root = await openAptRoot(context, SUITE, ['amd64']);
  if (!root.ok) return err(root.error.message);
  const found = await findPackage(context, root.value, PACKAGE, 'amd64');
  if (!found.ok) return err(found.error.message);
  if (found.value === null) return err(`Debian ${SUITE} has no package ${PACKAGE}`);
  const { version } = found.value;
  const made = await keep(context, join(kept, version), async (temporary) => {
    const files = await download(context, root.value, [`${PACKAGE}:amd64=${version}`]);
    return files.ok ? await unpack(context, files.value, temporary) : files;
  });
  return made.ok ? ok(read(version, join(made.value, DIRECTORY))) : err(made.error.message);
}

function read(version: string, directory: string): CpuMap {
  const features = libvirtFeatures(readFileSync(join(directory, 'x86_features.xml'), 'utf8'));
  if (!features.ok) throw new Error(`x86_features.xml: ${features.error.message}`);
  const elements = readdirSync(directory)
    .filter((name) => name.startsWith('x86_') && !/_(features|vendors)\.xml$/.test(name))
    .flatMap((name) => {
      const root = parseXml(readFileSync(join(directory, name), 'utf8'));
      if (!root.ok) throw new Error(`${name}: ${root.error.message}`);
      return root.value.children.filter((child) => child.name === 'model');
    });
  const byName = new Map(elements.map((element) => [element.attributes.get('name') ?? '', element]));
  const models = new Map([...byName.keys()].map((name) => [name, featuresOf(name, byName)]));
  return { version, features: features.value, models };
}

/**
 * As libvirt builds a model: its ancestor's features without those that the ancestor marks as removed, and its own. What
 * is marked as removed or added later is not part of the model (src/cpu/cpu_x86.c, x86ModelParseFeatures).
 */
function featuresOf(name: string, models: ReadonlyMap<string, XmlElement>): ReadonlySet<string> {
  const model = models.get(name);
  const features = new Set<string>();
  for (const child of model?.children ?? []) {
    const inner = child.attributes.get('name') ?? '';
    if (child.name === 'model') for (const feature of featuresOf(inner, models)) features.add(feature);
    if (child.name !== 'feature') continue;
    if (child.attributes.get('removed') === 'yes' || child.attributes.get('added') === 'yes') continue;
    features.add(inner);
  }
  return features;
}
