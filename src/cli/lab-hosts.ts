/** The lab's machines that a command is about, each with its surface: recorded, or measured now for a kernel that is not. */
import { err, ok } from '../model/index.ts';
import type { Architecture, Result } from '../model/index.ts';
import { labProbe } from '../lab/index.ts';
import type { LabContext, LabVerifyOptions } from '../lab/index.ts';
import { EXIT, failure } from './exit.ts';
import type { Failure } from './exit.ts';
import { loadSurface } from './input.ts';
import type { NamedSurface } from './input.ts';
import { labFailure } from './lab.ts';
import { recordedNames } from './recorded.ts';
import type { Terminal } from './terminal.ts';

/** Machines with one CPU. */
export interface LabGroup {
  readonly architecture: Architecture;
  readonly cpu: string;
  readonly hosts: readonly LabHost[];
}

export interface LabHost {
  /** As `lab probe --kernel` takes it: `debian:6.12`, or a file. */
  readonly kernel: string;
  readonly surface: NamedSurface;
  /** One of those that were asked for; the others are there for their contracts. */
  readonly wanted: boolean;
}

export interface LabSelection {
  readonly architectures: readonly Architecture[];
  readonly cpu: string | undefined;
  /** None: all that were recorded. */
  readonly kernels: readonly string[];
  /** Of a kernel that is a file. */
  readonly modules: string | undefined;
}

/** The CPU of machines that nothing was recorded of. */
const DEFAULT_CPU = 'max';

/**
 * Every recorded CPU of these architectures (or the one that is named) with all its kernels. A kernel that was not
 * recorded is measured first, on the default CPU.
 */
export async function labGroups(
  terminal: Terminal,
  context: LabContext,
  { architectures, cpu, kernels, modules }: LabSelection,
): Promise<Result<readonly LabGroup[], Failure>> {
  const groups: LabGroup[] = [];
  for (const architecture of architectures) {
    const recorded = recordedNames(architecture).filter((name) => cpu === undefined || name.cpu === cpu);
    const known = new Set(recorded.map(({ kernel }) => kernelName(kernel)));
    const others = kernels.filter((kernel) => !known.has(kernel));
    const cpus = new Set([...recorded.map((name) => name.cpu), ...(others.length === 0 ? [] : [cpu ?? DEFAULT_CPU])]);
    for (const each of cpus) {
      const hosts: LabHost[] = [];
      for (const { name, kernel } of recorded.filter((candidate) => candidate.cpu === each)) {
        const loaded = await loadSurface(name, terminal);
        if (!loaded.ok) return loaded;
        const wanted = kernels.length === 0 || kernels.includes(kernelName(kernel));
        hosts.push({ kernel: kernelName(kernel), surface: loaded.value, wanted });
      }
      for (const kernel of each === (cpu ?? DEFAULT_CPU) ? others : []) {
        terminal.status(`measuring ${kernel}`);
        const probed = await labProbe(context, targetOf({ architecture, cpu: each }, kernel, modules));
        terminal.status('');
        if (!probed.ok) return err(labFailure(terminal, probed.error));
        const surface: NamedSurface = { kind: 'surface', name: kernel, surface: probed.value.surface };
        hosts.push({ kernel, surface, wanted: true });
      }
      if (hosts.some(({ wanted }) => wanted)) groups.push({ architecture, cpu: each, hosts });
    }
  }
  if (groups.length > 0) return ok(groups);
  return err(failure(EXIT.usage, `nothing was recorded on a CPU ${cpu}`, 'What was: evenkeel surface list'));
}

/** Debian's kernels bring their modules. */
export function targetOf(
  { architecture, cpu }: Pick<LabGroup, 'architecture' | 'cpu'>,
  kernel: string,
  modules: string | undefined,
): LabVerifyOptions {
  const own = modules === undefined || kernel.startsWith('debian:') ? {} : { modules };
  return { architecture, kernel, cpu, ...own };
}

/** `debian-6.12` in names of surfaces, `debian:6.12` in the lab. */
function kernelName(recorded: string): string {
  return recorded.replace('-', ':');
}
