/**
 * Stands in for the package `koffi` in the lab's bundle: the native module alone, from the root of the image. The
 * package's own loader searches for a build that fits the machine; the image has exactly one, and every file that is
 * looked for costs time under emulation.
 */
import { constants } from 'node:os';
import type koffi from 'koffi';

const addon: { exports: unknown } = { exports: {} };
process.dlopen(addon, '/koffi.node', constants.dlopen.RTLD_LAZY);

// The same native module that the package's loader returns, of the same version (catalogue.ts, checked by a test).
const native = addon.exports as typeof koffi;
export default native;
