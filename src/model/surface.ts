/**
 * A surface: what one host can show a guest, as measured. The file format `evenkeel.surface/1` is this type as JSON.
 *
 * What was measured is kept as the host gave it, in sections: one section is the result of one probe step, its data
 * typed by the architecture (`arch/x86/sections.ts`, `arch/arm64/sections.ts`). Elements and their latitude are
 * derived from sections by the registries when a surface is used, so that a newer Evenkeel names more of an old
 * recording, and evidence can point at the measured fact.
 */
export const SURFACE_FORMAT = 'evenkeel.surface/1';

export type Architecture = 'x86_64' | 'arm64';

/** Anything that JSON can say; numbers only where 2^53 is out of reach, all else as `Hex`. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** How one probe step ended. Only `measured` carries data; nothing is made up for the others. */
export type Section<Data = Json> =
  | { readonly outcome: 'measured'; readonly data: Data }
  /** The host has no such thing, and said so: which call, which answer. */
  | { readonly outcome: 'absent'; readonly reason: string }
  /** The step could not be carried out. */
  | {
      readonly outcome: 'failed';
      readonly call: string;
      readonly detail: string;
      readonly errno: string;
      readonly meaning: string;
    }
  /** The step did not end in time and was killed; `during` is the last thing it said it was doing. */
  | { readonly outcome: 'deadline'; readonly milliseconds: number; readonly during: string }
  /** The process died in this step. */
  | { readonly outcome: 'crashed'; readonly reason: string; readonly during: string };

/** Cpu, KernelModule and Host are what a section holds: aliases and not interfaces, because only those are `Json`. */
export type Cpu = {
  /** x86_64: `AuthenticAMD`; arm64: the implementer's name where known, else its code. */
  readonly vendor: string;
  /** The name that the firmware or the kernel gives, where there is one. */
  readonly model: string | null;
  /** x86_64: displayed family, model and stepping, decimal. */
  readonly family?: number;
  readonly modelNumber?: number;
  readonly stepping?: number;
  /** arm64: MIDR_EL1 and REVIDR_EL1. */
  readonly midr?: string;
  readonly revidr?: string;
  /** As the kernel shows it, or null where it shows none. */
  readonly microcode: string | null;
};

export type KernelModule = {
  readonly name: string;
  /** As in /sys/module/NAME/parameters, trimmed; unreadable ones are left out. */
  readonly parameters: Readonly<Record<string, string>>;
};

export type Host = {
  /** `uname -r` and `uname -v`. */
  readonly kernelRelease: string;
  readonly kernelVersion: string;
  readonly cpu: Cpu;
  /** kvm, kvm_amd, kvm_intel, kvm_pvm, … as loaded or built in. */
  readonly modules: readonly KernelModule[];
  /** `kvm-arm.mode=nested` and the like: the words of the kernel command line that concern KVM. */
  readonly commandLine: readonly string[];
};

/** How and when a surface came about. Never part of its fingerprint. */
export interface Recorded {
  /** ISO 8601, UTC; null where a capture does not say. */
  readonly at: string | null;
  /** `evenkeel 0.1.0`, or the foreign format that was read. */
  readonly by: string;
  readonly method: 'probe' | 'lab' | 'import';
  /** One command that records it again, where there is one. */
  readonly command: string | null;
  /** In the lab: QEMU's version and package, `-cpu`, the kernel's package. Elsewhere empty. */
  readonly environment: Readonly<Record<string, string>>;
  readonly milliseconds: number | null;
  readonly ioctls: number | null;
}

export interface Surface {
  readonly format: typeof SURFACE_FORMAT;
  readonly architecture: Architecture;
  /** `null` for what a capture does not tell. */
  readonly host: Host | null;
  readonly recorded: Recorded;
  /** By probe step. A step that is not here was not captured, which is not the same as absent. */
  readonly sections: Readonly<Record<string, Section>>;
  /** `sha256:` and 64 hex digits over the canonical form. */
  readonly fingerprint: string;
}

/** A write that was really made on a fresh VM, and what came of it. */
export type Trial = {
  /** Hex. */
  readonly wrote: string;
  /**
   * `taken`: it reads back as written. `ignored`: accepted, and the old value still reads. `changed`: accepted, and
   * something else reads (`reads`). Otherwise the errno's name.
   */
  readonly outcome: 'taken' | 'ignored' | 'changed' | (string & {});
  readonly reads?: string;
};

/** Calls really made in an order that is not the usual one, on VMs made for it. */
export type OrderTrial = {
  /** The rule that it tries, by its id in the architecture's ordering rules. */
  readonly id: string;
  /** What was done, in order; the last is the call in question. */
  readonly calls: readonly string[];
  /**
   * `accepted` where nothing shows whether it had an effect. `taken`: it had. `ignored`: the call succeeded, and what it
   * was to change is as before. Otherwise the errno's name, or `refused` for a short count of KVM_SET_MSRS.
   */
  readonly outcome: 'accepted' | 'taken' | 'ignored' | 'refused' | (string & {});
  /** What was read afterwards, hex. */
  readonly reads?: string;
  /** Where many were tried in one call: those of which `outcome` is true. Hex. */
  readonly of?: readonly string[];
};

/** Section `ordering`. `ran`: how the guest ended that the trials after KVM_RUN need; they are missing where it did not run. */
export type OrderingSection = { readonly ran: string; readonly trials: readonly OrderTrial[] };
