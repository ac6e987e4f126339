/**
 * Which file runs inside: `dist/lab/worker.cjs` where Evenkeel runs from its published package, else one bundled on
 * the spot from the sources, so that what is probed with is what is being worked on.
 */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const HERE = import.meta.filename;
const PREBUILT = fileURLToPath(new URL('worker.cjs', import.meta.url));

/** The prebuilt bundle, or null where Evenkeel runs from its sources. */
export function prebuiltBundle(): string | null {
  return HERE.endsWith('.ts') || !existsSync(PREBUILT) ? null : PREBUILT;
}

/**
 * Bundles the guest's program into `outFile`, a CommonJS module that needs nothing but
 * `/koffi.node`. CommonJS because Node's loader of ES modules costs an emulated machine about 0.1 s
 * (docs/decisions/0005-lab-image.md).
 */
export async function buildGuestBundle(outFile: string): Promise<void> {
  // A development dependency: the published package brings the result instead.
  const { build } = await import('rolldown');
  await build({
    input: fileURLToPath(new URL('guest/init.ts', import.meta.url)),
    platform: 'node',
    resolve: { alias: { koffi: fileURLToPath(new URL('guest/koffi.ts', import.meta.url)) } },
    // The worker's own command line is for running as a process; here its function is called.
    transform: { define: { 'import.meta.main': 'false' } },
    output: { file: outFile, format: 'cjs', minify: true },
    logLevel: 'warn',
  });
}
