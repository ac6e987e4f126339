/** Machine types' `-dump-vmstate`, one run of the program each. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { err, ok } from '../../../model/index.ts';
import type { Json, Result, VmstateDescriptions } from '../../../model/index.ts';
import type { QemuProgram } from './child.ts';
import { probeError } from './error.ts';
import type { QemuProbeError } from './error.ts';
import { runQemu } from './process.ts';
import type { ProcessOptions } from './process.ts';
import { VmstateCollector } from './vmstate.ts';

/** Of one dump; the largest of a QEMU 11.1 has 2 MB. */
const LIMIT = 64 * 1024 * 1024;

/**
 * Dumps them all. A machine type that cannot be made here is written down as such; where none could be dumped, that is the
 * error. TCG comes first, with which every machine type can be made whatever the host is; what is dumped does not depend on it.
 */
export async function dumpMachines(
  qemu: QemuProgram,
  machines: readonly string[],
  options: ProcessOptions,
  onProgress: (text: string) => void,
): Promise<Result<VmstateDescriptions, QemuProbeError>> {
  const directory = await mkdtemp(join(tmpdir(), 'evenkeel-qemu-'));
  const collector = new VmstateCollector();
  let last: QemuProbeError | null = null;
  try {
    for (const [index, machine] of machines.entries()) {
      onProgress(`vmstate of machine type ${index + 1} of ${machines.length}: ${machine}`);
      const file = join(directory, `${index}.json`);
      const place = ['-S', '-nodefaults', '-display', 'none', '-dump-vmstate', file];
      const failed = await runQemu(qemu, ['-machine', machine, '-accel', 'tcg', '-accel', 'kvm', ...place], options);
      if (failed?.code === 'interrupted') return err(failed);
      if (failed !== null) {
        collector.fail(machine, failed.message);
        last = failed;
        continue;
      }
      const fault = await take(collector, machine, file);
      if (fault !== null) return err(probeError('failed', `-dump-vmstate of ${machine}: ${fault}`));
      await rm(file);
    }
    const collected = collector.collected();
    return last !== null && collected.dumps.length === 0 ? err(last) : ok(collected);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function take(collector: VmstateCollector, machine: string, file: string): Promise<string | null> {
  const text = await readFile(file, 'utf8').catch(() => null);
  if (text === null) return 'it wrote no file';
  if (text.length > LIMIT) return `more than ${LIMIT / 1024 / 1024} MiB`;
  const json = parse(text);
  if (json === undefined) return 'what it wrote is not JSON';
  const fault = collector.add(machine, json);
  return fault === null ? null : `${fault.where}: ${fault.message}`;
}

function parse(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}
