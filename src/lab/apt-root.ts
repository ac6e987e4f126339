/**
 * A private apt: its own sources, lists and state below the cache, none of the system's, run by the system's apt
 * without privileges. One root a set of suites, so that a kernel costs the lists of its own suite only.
 */
import { existsSync, mkdirSync, readFileSync, readdirSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { err, ok } from '../model/index.ts';
import type { Result } from '../model/index.ts';
import { MAY_BE_STALE } from './catalogue.ts';
import type { Suite } from './catalogue.ts';
import type { LabContext } from './context.ts';
import { fileError, labError } from './error.ts';
import type { LabError } from './error.ts';
import { run } from './run.ts';
import { MIRROR_VARIABLE, controlFields, debianMirror, parseDeb822, parseOneLine } from './sources.ts';
import type { AptSource } from './sources.ts';
import { KEYRING, KEYRING_PACKAGE, installHint } from './tools.ts';

export interface AptRoot {
  readonly directory: string;
  readonly suite: Suite;
  /** Whose packages are taken where `suite` has none that serves. */
  readonly others: readonly Suite[];
  /** For every call of an apt program: `{ APT_CONFIG: … }`. */
  readonly environment: Readonly<Record<string, string>>;
}

/** Lists younger than this are not fetched again unless asked to. */
const FRESH_MILLISECONDS = 24 * 3600 * 1000;

/**
 * Opens the root of a suite; `architectures` are Debian's names. Fetches its lists where they are not fresh. `others`: suites
 * for what it lacks, as trixie-backports lacks most of what its own packages depend on.
 */
export async function openAptRoot(
  context: LabContext,
  suite: Suite,
  architectures: readonly string[],
  refresh: boolean = false,
  others: readonly Suite[] = [],
): Promise<Result<AptRoot, LabError>> {
  if (!existsSync(KEYRING)) {
    return err(
      labError('missing-tool', `${KEYRING} is not there: signatures cannot be checked`, {
        hint: installHint([], [KEYRING_PACKAGE]),
      }),
    );
  }
  const directory = join(context.cache, 'apt', `${[suite, ...others].join('+')}-${architectures.join('-')}`);
  const root: AptRoot = { directory, suite, others, environment: { APT_CONFIG: join(directory, 'apt.conf') } };
  const configured = await configure(context, root, architectures);
  if (!configured.ok) return configured;
  const stamp = join(directory, 'updated');
  if (refresh || !existsSync(stamp) || Date.now() - statSync(stamp).mtimeMs > FRESH_MILLISECONDS) {
    context.notify({ level: 'progress', text: `fetching the package lists of Debian ${suite}` });
    const options = { environment: root.environment, signal: context.signal };
    const updated = await run('apt-get', ['update', '-q', '-o', 'APT::Update::Error-Mode=any'], options);
    if (!updated.ok) return err(downloadError(updated.error));
    writeFileSync(stamp, '');
    utimesSync(stamp, new Date(), new Date());
  }
  const stale = staleness(root, new Date());
  if (stale !== null) context.notify({ level: 'warning', text: stale });
  return ok(root);
}

/** Whether the suite's signed Release file is past its Valid-Until, as a sentence; else null. */
export function staleness(root: AptRoot, now: Date): string | null {
  const lists = join(root.directory, 'lists');
  const name = readdirSync(lists).find((file) => file.endsWith('_InRelease'));
  if (name === undefined) return null;
  const fields = controlFields(readFileSync(join(lists, name), 'utf8').slice(0, 4096));
  const until = Date.parse(fields.get('valid-until') ?? '');
  if (Number.isNaN(until) || until >= now.getTime()) return null;
  const days = Math.floor((now.getTime() - until) / 86_400_000);
  return (
    `the mirror's Release file of Debian ${root.suite} is of ${fields.get('date') ?? 'an unknown date'} and ran out ` +
    `${days} day${days === 1 ? '' : 's'} ago; its signature was checked, but newer packages may exist`
  );
}

async function configure(
  context: LabContext,
  root: AptRoot,
  architectures: readonly string[],
): Promise<Result<null, LabError>> {
  const mirror = process.env[MIRROR_VARIABLE] ?? debianMirror(systemSources());
  if (mirror === null) {
    return err(
      labError('download', 'this system has no source of Debian packages', {
        hint: `set ${MIRROR_VARIABLE} to the address of a Debian mirror`,
      }),
    );
  }
  const settings = await run('apt-config', ['dump', 'Acquire'], { signal: context.signal });
  if (!settings.ok) return settings;
  const proxies = settings.value
    .toString()
    .split('\n')
    .filter((line) => /^Acquire::https?::(\S*::)?(Proxy|ProxyAutoDetect|CaInfo)\S* ".+";$/i.test(line));
  try {
    for (const folder of [
      'etc/sources.list.d',
      'etc/apt.conf.d',
      'etc/preferences.d',
      'lists/partial',
      'archives/partial',
    ]) {
      mkdirSync(join(root.directory, folder), { recursive: true });
    }
    writeFileSync(join(root.directory, 'status'), '');
    writeFileSync(
      join(root.directory, 'etc/sources.list.d/debian.sources'),
      [root.suite, ...root.others].map((suite) => sourceFor(mirror, suite, architectures)).join('\n'),
    );
    writeFileSync(join(root.directory, 'apt.conf'), [...configuration(root, architectures), ...proxies, ''].join('\n'));
    return ok(null);
  } catch (error) {
    return err(fileError(`cannot set up ${root.directory}`, error));
  }
}

/** apt.conf(5). The status file is empty: nothing is installed, so that the whole closure of a package is resolved. */
function configuration(root: AptRoot, architectures: readonly string[]): string[] {
  return [
    `Dir::Etc "${root.directory}/etc";`,
    'Dir::Etc::main "apt.conf";',
    'Dir::Etc::parts "apt.conf.d";',
    'Dir::Etc::sourcelist "sources.list";',
    `Dir::State "${root.directory}";`,
    `Dir::State::status "${root.directory}/status";`,
    `Dir::Cache "${root.directory}";`,
    `APT::Architecture "${architectures[0] ?? ''}";`,
    `APT::Architectures { ${architectures.map((name) => `"${name}";`).join(' ')} };`,
    // apt's own unprivileged user could not write below somebody's home.
    'APT::Sandbox::User "root";',
    // Of two versions that of the suite, even where apt would leave backports aside (apt_preferences(5)).
    ...(root.others.length === 0 ? [] : [`APT::Default-Release "${root.suite}";`]),
    'Acquire::Languages "none";',
    'Acquire::Retries "3";',
  ];
}

function sourceFor(mirror: string, suite: Suite, architectures: readonly string[]): string {
  return [
    'Types: deb',
    `URIs: ${mirror}`,
    `Suites: ${suite}`,
    'Components: main',
    `Architectures: ${architectures.join(' ')}`,
    ...(MAY_BE_STALE.has(suite) ? ['Check-Valid-Until: no'] : []),
    `Signed-By: ${KEYRING}`,
    '',
  ].join('\n');
}

function systemSources(): AptSource[] {
  const parts = '/etc/apt/sources.list.d';
  const files = [
    '/etc/apt/sources.list',
    ...(existsSync(parts)
      ? readdirSync(parts)
          .sort()
          .map((name) => join(parts, name))
      : []),
  ];
  return files
    .filter((file) => existsSync(file))
    .flatMap((file) => {
      if (file.endsWith('.sources')) return parseDeb822(readFileSync(file, 'utf8'));
      return file.endsWith('.list') ? parseOneLine(readFileSync(file, 'utf8')) : [];
    });
}

/** apt's network failures told from its others. */
export function downloadError(error: LabError): LabError {
  return error.code === 'tool' ? { ...error, code: 'download' } : error;
}
