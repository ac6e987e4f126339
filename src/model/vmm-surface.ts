/**
 * A VMM surface: what one build of a VMM can give a guest, as the program itself said. A surface is measured on a host; this
 * is measured on a program, and of the host it has only what the program's answers depend on. The file format
 * `evenkeel.vmm-surface/1` is this type as JSON.
 */
import type { Architecture, Host, Json, Recorded } from './surface.ts';
import type { VmstateDescriptions } from './vmm-vmstate.ts';

export const VMM_SURFACE_FORMAT = 'evenkeel.vmm-surface/1';

export type Accelerator = 'kvm' | 'tcg';

export interface VmmSurface {
  readonly format: typeof VMM_SURFACE_FORMAT;
  /** Of its guests. */
  readonly architecture: Architecture;
  readonly vmm: Vmm;
  /** With which it was asked: it decides what CPU models can have. */
  readonly accelerator: Accelerator;
  /**
   * With KVM: the kernel and the CPU that the expansions of CPU models, and what they lack here, depend on. Null with TCG,
   * which shows nothing of the host.
   */
  readonly host: Pick<Host, 'kernelRelease' | 'cpu'> | null;
  readonly recorded: Recorded;
  /** Of what it can give; not of `recorded`, the package or the host's name. */
  readonly fingerprint: string;
  readonly machines: Readonly<Record<string, MachineType>>;
  readonly cpu: CpuModels;
  readonly vmstate: VmstateDescriptions;
}

export interface Vmm {
  readonly name: 'qemu';
  /** `7.2.22`. */
  readonly version: string;
  /** As the distribution calls it, or empty. */
  readonly package: string;
}

export interface MachineType {
  /** `pc`, `q35`, `virt`. */
  readonly alias: string | null;
  /** What a guest gets that asks for no machine type. */
  readonly default: boolean;
  /** Null where this version does not say. */
  readonly deprecated: boolean | null;
  readonly maximumCpus: number;
  readonly hotpluggableCpus: boolean;
  readonly numa: boolean | null;
  readonly acpi: boolean | null;
  /** The QOM type of the CPU that a guest gets that asks for none. */
  readonly defaultCpu: string | null;
  readonly defaultRam: string | null;
  /** What it sets so that devices are as they were; null where this version does not tell (QEMU before 9.1). */
  readonly compat: CompatProperties | null;
}

/** Older machine types add to newer ones: what is set is all of `after`, then `properties`, the last one counts. */
export interface CompatProperties {
  readonly after: string | null;
  readonly properties: readonly CompatProperty[];
}

export type CompatProperty = {
  /** QOM type, of which every device that is one gets it. */
  readonly type: string;
  readonly property: string;
  readonly value: string;
};

export interface CpuModels {
  /** The machine type under which the program was asked. */
  readonly machine: string;
  /** Properties of which expansions are told as differences: those of QEMU's model `base`, where it has one. */
  readonly base: Readonly<Record<string, Json>>;
  /** The properties that a static expansion has; the others depend on machine type and version. Null: it has none. */
  readonly staticProperties: readonly string[] | null;
  readonly models: Readonly<Record<string, CpuModel>>;
  /** What `-cpu MODEL,…` takes. Each row is once, with all models that have it just so. */
  readonly properties: readonly CpuPropertyGroup[];
}

export interface CpuModel {
  /** QOM type: `EPYC-v1-x86_64-cpu`. */
  readonly type: string;
  /** The versioned model that it stands for under the machine type asked. */
  readonly alias: string | null;
  readonly static: boolean;
  readonly migrationSafe: boolean | null;
  readonly deprecated: boolean | null;
  /** Features of it that this accelerator on this host does not give; null where the program does not say. */
  readonly unavailable: readonly string[] | null;
  readonly expansion: CpuExpansion;
}

/** The full expansion: every property of the model's CPU and its value. */
export type CpuExpansion =
  /** On the base: properties that are true, that are false, and that have another value. */
  | {
      readonly outcome: 'expanded';
      readonly on: readonly string[];
      readonly off: readonly string[];
      readonly values: Readonly<Record<string, Json>>;
      /** Properties of the base that this model does not have. */
      readonly without: readonly string[];
    }
  /** That of another model. */
  | { readonly outcome: 'as'; readonly model: string }
  /** The program answered with an error: its words. */
  | { readonly outcome: 'refused'; readonly message: string };

export interface CpuPropertyGroup {
  /** Null: all. */
  readonly models: readonly string[] | null;
  readonly properties: readonly CpuProperty[];
}

export type CpuProperty = {
  readonly name: string;
  /** QOM's: `bool`, `uint32`, `str`, `link<…>`. */
  readonly type: string;
  readonly description?: string;
  /** The class's own default, before model, machine type and accelerator. */
  readonly default?: Json;
};

/** All that a machine type sets, in order; null where the program does not tell or has no such machine type. */
export function compatProperties(surface: VmmSurface, machine: string): readonly CompatProperty[] | null {
  const lists: (readonly CompatProperty[])[] = [];
  for (let name: string | null = machine; name !== null;) {
    const compat: CompatProperties | null = lookUp(surface.machines, name)?.compat ?? null;
    if (compat === null) return null;
    lists.unshift(compat.properties);
    name = compat.after;
  }
  return lists.flat();
}

/** All properties of a model and their values; null where the program gave no expansion or has no such model. */
export function expandedModel(surface: VmmSurface, model: string): Readonly<Record<string, Json>> | null {
  const { base, models } = surface.cpu;
  const own = lookUp(models, model)?.expansion;
  const expansion = own?.outcome === 'as' ? lookUp(models, own.model)?.expansion : own;
  if (expansion?.outcome !== 'expanded') return null;
  const without = new Set(expansion.without);
  return {
    ...Object.fromEntries(Object.entries(base).filter(([name]) => !without.has(name))),
    ...Object.fromEntries(expansion.on.map((name) => [name, true])),
    ...Object.fromEntries(expansion.off.map((name) => [name, false])),
    ...expansion.values,
  };
}

/** What `-cpu MODEL,…` takes. */
export function cpuProperties(surface: VmmSurface, model: string): readonly CpuProperty[] {
  return surface.cpu.properties
    .filter(({ models }) => models === null || models.includes(model))
    .flatMap(({ properties }) => properties);
}

/** What a record has of its own: a file may ask for `constructor`. */
function lookUp<T>(record: Readonly<Record<string, T>>, key: string): T | null {
  return Object.hasOwn(record, key) ? (record[key] ?? null) : null;
}
