/** What a stream says by itself of the QEMU that is to load it: sections and subsections that it does not know. */
import { inflateRawSync } from 'node:zlib';
import { judgeSections } from '../../interop/qemu/stream-judge/sections.ts';
import { memorySource, readStream } from '../../interop/qemu/stream/index.ts';
import type { QemuStream } from '../../interop/qemu/stream/index.ts';
import type { Reason } from '../../model/index.ts';
import type { Packed } from '../../worker/qemu-job.ts';
import type { QemuPlace } from './plan.ts';

/** Null where it cannot be read; then nothing is said of it. */
export async function readSaved(stream: Packed): Promise<QemuStream | null> {
  const read = await readStream(memorySource(inflateRawSync(Buffer.from(stream, 'base64'))));
  return read.ok ? read.value : null;
}

/** As `qemu stream FILE --to SURFACE --vmm qemu:V` has it, of what ends a load; registers are `migration check`'s. */
export function refusedSections(stream: QemuStream, { host, version }: QemuPlace): readonly Reason[] {
  const program = { name: `qemu:${version}`, version, dump: null, machines: null, others: [] };
  const { findings } = judgeSections(stream, program, host.surface);
  return findings
    .filter(({ level }) => level === 'refused')
    .map(({ section, subsection, rule, text }): Reason => ({
      element: `stream/${subsection ?? section}`,
      area: 'stream',
      level: 'refused',
      rule,
      text,
      promised: null,
      shows: null,
      evidence: null,
      setting: null,
      obstacle: 'vmm',
    }));
}
