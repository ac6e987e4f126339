/**
 * libvirt's CPU map: which bits its features are and which features its models have. It is not part of this
 * repository: Debian's package libvirt-common is fetched into the lab's cache.
 */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { readX86Map } from '../../../src/interop/libvirt/index.ts';
import { labContext } from '../../../src/lab/index.ts';
import { openAptRoot } from '../../../src/lab/apt-root.ts';
import { download, findPackage, unpack } from '../../../src/lab/packages.ts';
import { keep } from '../../../src/lab/store.ts';
import { err, ok } from '../../../src/model/index.ts';
import type { Result } from '../../../src/model/index.ts';

export interface CpuMap {
  /** Of Debian's package. */
  readonly version: string;
  readonly features: ReadonlySet<string>;
  /** Features of each model, its ancestors' included. */
  readonly models: ReadonlyMap<string, ReadonlySet<string>>;
  /** Where it is in the cache. */
  readonly directory: string;
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
  const map = readX86Map(directory);
  if (!map.ok) throw new Error(map.error.message);
  return {
    version,
    features: new Set(map.value.features.keys()),
    models: new Map([...map.value.models].map(([name, { features }]) => [name, features])),
    directory,
  };
}
