/**
 * `npm run build`: dist/ as it is published. Compiled JavaScript with types, the program as a few files that start
 * faster than several hundred, and the program that runs inside the lab's kernels as one file.
 */
import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import { build } from 'rolldown';
import type { Plugin } from 'rolldown';
import { buildGuestBundle } from '../src/lab/bundle.ts';

const root = join(import.meta.dirname, '..');
const dist = join(root, 'dist');

rmSync(dist, { recursive: true, force: true });
const compiled = spawnSync(join(root, 'node_modules/.bin/tsc'), ['--project', 'tsconfig.build.json'], {
  cwd: root,
  stdio: 'inherit',
});
if (compiled.status === 0) {
  await buildGuestBundle(join(dist, 'lab/program'));
  await buildProgram();
  await buildHook();
}
process.exitCode = compiled.status ?? 1;

async function buildProgram(): Promise<void> {
  const directory = join(dist, 'program');
  await build({
    input: join(dist, 'cli/main.js'),
    platform: 'node',
    external: ['koffi', 'rolldown'],
    plugins: [ownPlace(directory)],
    output: { dir: directory, entryFileNames: 'main.js', chunkFileNames: '[name].js', format: 'esm' },
    logLevel: 'warn',
  });
}

/** What libvirtd waits for: one file, of the kind that Node starts fastest. */
async function buildHook(): Promise<void> {
  const directory = join(dist, 'interop/libvirt-hook');
  await build({
    input: join(directory, 'main.js'),
    platform: 'node',
    output: { file: join(directory, 'main.cjs'), format: 'cjs' },
    logLevel: 'warn',
  });
}

/** Modules find files beside them by `import.meta`: it stays what it was before they were put together. */
function ownPlace(directory: string): Plugin {
  return {
    name: 'own-place',
    transform(code, id) {
      if (!id.startsWith(dist) || !code.includes('import.meta')) return null;
      const url = `new URL(${JSON.stringify(relative(directory, id))}, import.meta.url)`;
      const places = { filename: `process.getBuiltinModule('node:url').fileURLToPath(${url})`, url: `${url}.href` };
      return code.replaceAll(/import\.meta\.(filename|url)\b/g, (_, name: keyof typeof places) => places[name]);
    },
  };
}
