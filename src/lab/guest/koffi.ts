/**
 * Stands in for the package `koffi` in the lab's bundle: the native module alone, from the file beside the bundle.
 * The package's own loader searches for a build that fits the machine; the image has exactly one, and every file
 * that is looked for costs time under emulation.
 */
import { createRequire } from 'node:module';
import type koffi from 'koffi';

const native: typeof koffi = createRequire(import.meta.url)('./koffi.node');
export default native;
