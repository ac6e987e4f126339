/**
 * Import directions: `node scripts/imports.ts`. Each folder of src/ is one step of the flow and imports only from those
 * above it; what a package may be used for is said once. (dependency-cruiser would be the tool for this; it needs the
 * compiler API that TypeScript 7 does not have, see docs/dependencies.md.)
 */
import { readFileSync, readdirSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';

/** From first to last. */
export const FOLDERS: readonly string[] = [
  'model',
  'arch',
  'engine',
  'format',
  'kvm',
  'settings',
  'guest',
  'snapshot',
  'probe',
  'interop',
  'worker',
  'lab',
  'fleet',
  'server',
  'cli',
];

/** Which folders may import a package. A package that is not here may be imported by none. */
const PACKAGES: Readonly<Record<string, readonly string[]>> = {
  '@optique/core': ['cli'],
  '@xmldom/xmldom': ['interop'],
  koffi: ['kvm', 'lab'],
  rolldown: ['lab'],
  zod: ['format'],
};

/** Folders that do no I/O: nothing of Node's. */
const PURE: readonly string[] = ['model', 'arch', 'engine'];

/**
 * Start inside emulated machines, where every module costs, or while libvirtd waits: nothing that they load may load these.
 */
const LEAN_ENTRIES: readonly string[] = ['worker/worker.ts', 'interop/libvirt-hook/main.ts'];
const HEAVY: readonly string[] = ['zod', '@optique/core'];

export interface Import {
  /** Relative to src/. */
  readonly file: string;
  readonly specifier: string;
  /** Erased when it runs. */
  readonly typeOnly: boolean;
}

const STATEMENT = /^(?:import|export)\s+(type\s)?(?:[^'";]*?\sfrom\s+)?'([^']+)'/gm;
const DYNAMIC = /\bimport\('([^']+)'\)/g;

/** The imports and re-exports of a file's text. */
export function importsOf(file: string, text: string): Import[] {
  const statements = [...text.matchAll(STATEMENT)].map(([, type, specifier = '']) => ({
    file,
    specifier,
    typeOnly: type !== undefined,
  }));
  const dynamic = [...text.matchAll(DYNAMIC)].map(([, specifier = '']) => ({ file, specifier, typeOnly: false }));
  return [...statements, ...dynamic];
}

/** What is wrong, one line each. `files`: text by path relative to src/. */
export function importFaults(files: ReadonlyMap<string, string>): string[] {
  const imports = [...files].flatMap(([file, text]) => importsOf(file, text));
  return [...imports.flatMap((found) => directionFault(found)), ...leanFaults(files)];
}

function directionFault({ file, specifier }: Import): string[] {
  const from = file.split('/')[0] ?? '';
  if (!FOLDERS.includes(from)) return [`${file}: the folder ${from} has no place in the order (scripts/imports.ts)`];
  if (specifier.startsWith('node:')) {
    return PURE.includes(from) ? [`${file}: ${from}/ does no I/O and imports ${specifier}`] : [];
  }
  if (!specifier.startsWith('.')) {
    const allowed = PACKAGES[packageOf(specifier)] ?? [];
    return allowed.includes(from) ? [] : [`${file}: ${from}/ may not import the package ${packageOf(specifier)}`];
  }
  const to = target(file, specifier).split('/')[0] ?? '';
  if (to === '..') return [`${file}: imports ${specifier} from outside src/`];
  if (FOLDERS.indexOf(to) <= FOLDERS.indexOf(from)) return [];
  return [`${file}: ${from}/ comes before ${to}/ and imports ${specifier}`];
}

/** Follows what is loaded at run time. */
function leanFaults(files: ReadonlyMap<string, string>): string[] {
  return LEAN_ENTRIES.flatMap((entry) => {
    const faults: string[] = [];
    const cameFrom = new Map<string, string | null>([[entry, null]]);
    for (const file of cameFrom.keys()) {
      const text = files.get(file);
      if (text === undefined) continue;
      for (const { specifier, typeOnly } of importsOf(file, text)) {
        if (typeOnly) continue;
        if (HEAVY.includes(packageOf(specifier))) {
          faults.push(`${entry}: loads ${specifier}, by way of ${chain(file, cameFrom)}`);
        } else if (specifier.startsWith('.')) {
          const next = target(file, specifier);
          if (!cameFrom.has(next)) cameFrom.set(next, file);
        }
      }
    }
    return faults;
  });
}

function chain(file: string, cameFrom: ReadonlyMap<string, string | null>): string {
  const before = cameFrom.get(file) ?? null;
  return before === null ? file : `${chain(before, cameFrom)} > ${file}`;
}

function packageOf(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}

function target(file: string, specifier: string): string {
  return relative('/src', resolve('/src', dirname(file), specifier))
    .split(sep)
    .join('/');
}

if (import.meta.main) {
  const root = join(import.meta.dirname, '../src');
  const paths = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.ts'));
  const files = new Map(paths.map((path) => [path.split(sep).join('/'), readFileSync(join(root, path), 'utf8')]));
  const faults = importFaults(files);
  for (const fault of faults) console.error(fault);
  console.log(`${files.size} files, ${faults.length} imports against the direction`);
  // A run that saw nothing proves nothing.
  if (faults.length > 0 || files.size === 0) process.exitCode = 1;
}
