/**
 * Which program runs inside: `dist/lab/program/` where Evenkeel runs from its published package, else one bundled on the
 * spot from the sources, so that what is probed with is what is being worked on.
 */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const HERE = import.meta.filename;
const PREBUILT = fileURLToPath(new URL('program', import.meta.url));

/** The file of a bundle that is started. */
export const BUNDLE_ENTRY = 'lab.cjs';

/** The directory of the prebuilt bundle, or null where Evenkeel runs from its sources. */
export function prebuiltBundle(): string | null {
  return HERE.endsWith('.ts') || !existsSync(PREBUILT) ? null : PREBUILT;
}

/**
 * What goes into a file of its own, by path. Reading and parsing a file costs an emulated machine more than running most
 * of it, so that what one architecture, or one kind of request, does not need must not be in a file that it loads; and
 * each further file costs as well, so that they are few.
 */
const PARTS: readonly { readonly name: string; readonly test: RegExp }[] = [
  { name: 'state', test: /\/src\/(?:snapshot\/|arch\/ordering\/|guest\/\w+\/witness\/|worker\/(?:snapshot|state)-)/ },
  { name: 'qemu', test: /\/src\/(?:interop\/qemu\/|worker\/qemu-|lab\/guest\/qemu)/ },
  { name: 'x86', test: /\/src\/(?:probe\/steps|guest|arch)\/x86\// },
  { name: 'arm64', test: /\/src\/(?:probe\/steps|guest|arch)\/arm64\// },
];

/**
 * Bundles the guest's program into `directory`, as CommonJS modules that need nothing but `/koffi.node`. CommonJS because
 * Node's loader of ES modules costs an emulated machine about 0.1 s (docs/decisions/0005-lab-image.md).
 */
export async function buildGuestBundle(directory: string): Promise<void> {
  // A development dependency: the published package brings the result instead.
  const { build } = await import('rolldown');
  await build({
    input: { lab: fileURLToPath(new URL('guest/init.ts', import.meta.url)) },
    platform: 'node',
    preserveEntrySignatures: false,
    resolve: { alias: { koffi: fileURLToPath(new URL('guest/koffi.ts', import.meta.url)) } },
    // The worker's own command line is for running as a process; here its function is called.
    transform: { define: { 'import.meta.main': 'false' } },
    output: {
      dir: directory,
      entryFileNames: '[name].cjs',
      chunkFileNames: '[name].cjs',
      format: 'cjs',
      minify: true,
      codeSplitting: { groups: [...PARTS], includeDependenciesRecursively: false },
    },
    logLevel: 'warn',
  });
}
