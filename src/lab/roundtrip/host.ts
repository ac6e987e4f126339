/** What takes part in round trips: kernels with one CPU, each with the surface that was recorded of it. */
import { defaultChoices, measure, registryFor } from '../../arch/index.ts';
import type { Architecture, MeasuredSurface, Registry, Surface } from '../../model/index.ts';
import { registersTaken } from './listed.ts';

export interface RoundTripHost {
  /** As `lab probe --kernel` takes it: `debian:6.12`. */
  readonly kernel: string;
  /** `uname -r`. */
  readonly release: string;
  /** Measured for the default guest of the architecture. */
  readonly surface: MeasuredSurface;
  /** What it takes of saved registers, as `registersTaken` has it. */
  readonly taken: ReadonlySet<string>;
}

/** Kernels of one architecture on one CPU, oldest first. */
export interface RoundTripGroup {
  readonly architecture: Architecture;
  readonly cpu: string;
  readonly registry: Registry;
  readonly hosts: readonly RoundTripHost[];
}

export function roundTripGroup(
  architecture: Architecture,
  cpu: string,
  recorded: readonly { readonly kernel: string; readonly surface: Surface }[],
): RoundTripGroup {
  const { vcpu } = defaultChoices(architecture);
  const options = vcpu === undefined ? {} : { vcpu };
  const hosts = recorded.map(({ kernel, surface }): RoundTripHost => {
    const measured = measure(surface, options);
    const release = surface.host?.kernelRelease ?? kernel;
    return { kernel, release, surface: measured, taken: registersTaken(surface, measured) };
  });
  return { architecture, cpu, registry: registryFor(architecture), hosts };
}

/** `x86_64/max`, as recorded surfaces are named. */
export function groupName({ architecture, cpu }: Pick<RoundTripGroup, 'architecture' | 'cpu'>): string {
  return `${architecture}/${cpu}`;
}
