/** What a destination does with a migration stream: asked, as a page, and as a document. */
import { STREAM_VERDICT_FORMAT, streamVerdictSchema } from '../format/index.ts';
import { judgeStream } from '../interop/qemu/stream-judge/index.ts';
import type { Program, StreamFinding, StreamVerdict } from '../interop/qemu/stream-judge/index.ts';
import type { QemuStream } from '../interop/qemu/stream/index.ts';
import { readDump } from '../interop/qemu/vmstate/index.ts';
import type { VmstateDump } from '../interop/qemu/vmstate/index.ts';
import { LEVELS, dumpedMachines, err, hex, ok, vmstateDump } from '../model/index.ts';
import type { Architecture, Result, VmmSurface } from '../model/index.ts';
import type { VmmName } from '../arch/vmm/names.ts';
import { documentText } from './emit.ts';
import { EXIT, failure } from './exit.ts';
import type { Failure } from './exit.ts';
import { fingerprinted, loadSurface } from './input.ts';
import type { NamedSurface } from './input.ts';
import { recordedVmms } from './recorded.ts';
import { table } from './table.ts';
import { showLevel } from './terminal.ts';
import type { Terminal } from './terminal.ts';
import { loadVmmSurface } from './vmm-surface.ts';
import { vmmProfile } from './vmm.ts';

export interface AskedStream {
  /** As the person named them. */
  readonly name: string;
  readonly to: string;
  readonly vmm: VmmName;
  readonly vcpu: string | undefined;
}

export interface JudgedStream {
  readonly asked: AskedStream;
  readonly stream: QemuStream;
  readonly destination: NamedSurface;
  readonly verdict: StreamVerdict;
}

export async function askStream(
  stream: QemuStream,
  asked: AskedStream,
  terminal: Terminal,
): Promise<Result<JudgedStream, Failure>> {
  const profile = await vmmProfile(asked.vmm);
  if (profile.family !== 'qemu') {
    return err(failure(EXIT.usage, `${asked.vmm} loads no streams of QEMU`, 'Name one of QEMU: --vmm qemu:10.0'));
  }
  const destination = await loadSurface(asked.to, terminal);
  if (!destination.ok) return destination;
  const { surface } = destination.value;
  const program = await programOf(asked.vmm, surface.architecture, terminal);
  const { vcpu } = asked;
  const features = vcpu === undefined ? {} : { vcpu };
  const verdict = judgeStream(stream, { surface, profile, program, ...features });
  if (!verdict.ok) return err(failure(EXIT.input, `${asked.name}: ${verdict.error.message}`));
  return ok({ asked, stream, destination: destination.value, verdict: verdict.value });
}

/** What is recorded of that version, and of the others. */
async function programOf(name: VmmName, architecture: Architecture, terminal: Terminal): Promise<Program> {
  const version = name.slice(name.indexOf(':') + 1);
  const dumps: { readonly own: boolean; readonly dump: VmstateDump; readonly machines: readonly string[] }[] = [];
  for (const recorded of recordedVmms()) {
    const loaded = await loadVmmSurface(recorded.path, terminal);
    if (!loaded.ok || loaded.value.architecture !== architecture) continue;
    const dump = dumpOf(loaded.value);
    if (dump === null) continue;
    const machines = Object.keys(loaded.value.machines);
    dumps.push({ own: isVersion(loaded.value.vmm.version, version), dump, machines });
  }
  return {
    name,
    version,
    dump: dumps.find(({ own }) => own)?.dump ?? null,
    machines: dumps.find(({ own }) => own)?.machines ?? null,
    others: dumps.filter(({ own }) => !own).map(({ dump }) => dump),
  };
}

/** `7.2.22` is of 7.2. */
function isVersion(full: string, version: string): boolean {
  return full === version || full.startsWith(`${version}.`);
}

function dumpOf(surface: VmmSurface): VmstateDump | null {
  const [machine] = dumpedMachines(surface);
  const json = machine === undefined ? null : vmstateDump(surface, machine);
  const read = json === null ? null : readDump(json);
  return read?.ok === true ? read.value : null;
}

export function streamVerdictText(terminal: Terminal, { asked, stream, destination, verdict }: JudgedStream): string {
  const { sections, undescribed, subsections, vcpus, registers } = verdict.judged;
  const held = `${sections} sections, ${subsections} subsections, ${registers} registers of ${vcpus} ${vcpus === 1 ? 'vCPU' : 'vCPUs'}`;
  const rest = undescribed.length === 0 ? '' : `; of ${undescribed.join(', ')} no dump says anything`;
  return [
    `FROM  ${asked.name}  ${stream.machine ?? 'no machine type'}, ${stream.architecture ?? ''}\n`,
    `TO    ${destination.name}  ${asked.vmm}\n\n`,
    verdict.findings.length === 0
      ? `${showLevel(terminal, 'same')}: it loads as it was saved, as far as is known.\n`
      : findingTable(terminal, verdict.findings),
    `\nHeld against the destination: ${held}${rest}.\n`,
    ...verdict.caveats.map((caveat) => `Note: ${caveat}.\n`),
  ].join('');
}

/** What several fields have in common is said once. */
function together(findings: readonly StreamFinding[]): string {
  const texts = [...new Set(findings.map(({ text }) => text))];
  const parts = texts.map((text) => text.split('; '));
  const tails = new Set(parts.map(([, ...rest]) => rest.join('; ')));
  const [tail = ''] = tails;
  if (tails.size !== 1 || tail === '') return texts.join('; ');
  return [...parts.map(([head = '']) => head), tail].join('; ');
}

function findingTable(terminal: Terminal, findings: readonly StreamFinding[]): string {
  // Fields of one register are one row, and so is what several vCPUs have alike.
  const alike = Map.groupBy(findings, ({ level, rule, section, subsection, word, value, text }) =>
    JSON.stringify([level, rule, section, subsection, word, word === null || value === null ? text : hex(value)]),
  );
  const rows = [...alike.values()].flatMap((members) => {
    const [first] = members;
    if (first === undefined) return [];
    const { level, section, subsection, offset, word, value } = first;
    const instances = [...new Set(members.map(({ instance }) => instance))].join(',');
    const where = subsection ?? `${section} ${instances}`;
    const shown = value === null || word === null ? '' : hex(value);
    return [[showLevel(terminal, level), hex(offset), where, word ?? '', shown, together(members)]];
  });
  const columns = [
    { title: 'LEVEL' },
    { title: 'OFFSET', align: 'right' as const },
    { title: 'SECTION' },
    { title: 'REGISTER' },
    { title: 'VALUE', align: 'right' as const },
    { title: 'WHAT THE DESTINATION DOES', flexible: true },
  ];
  const counts = LEVELS.toReversed().flatMap((level) => {
    const count = findings.filter((finding) => finding.level === level).length;
    return count === 0 ? [] : [showLevel(terminal, level, `${level} ${count}`)];
  });
  return `${table(columns, rows, { width: terminal.width })}\n${counts.join(', ')}\n`;
}

export function streamVerdictJson({ asked, stream, destination, verdict }: JudgedStream): string {
  const { level, judged, findings, caveats } = verdict;
  const document = streamVerdictSchema.encode({
    format: STREAM_VERDICT_FORMAT,
    stream: asked.name,
    machine: stream.machine,
    architecture: destination.surface.architecture,
    to: fingerprinted(destination),
    vmm: asked.vmm,
    level,
    judged,
    findings,
    caveats,
  });
  return documentText(document);
}
