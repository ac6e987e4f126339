/**
 * What a cluster's scheduler is told of one host, in the cluster's own spelling. The file `evenkeel.host-labels/1`.
 */
import type { Level } from './verdict.ts';
import type { Architecture } from './surface.ts';

export const HOST_LABELS_FORMAT = 'evenkeel.host-labels/1';

export interface HostLabel {
  /** A Kubernetes label's key, or the name of a trait. */
  readonly key: string;
  /** Null for traits, which are there or not. */
  readonly value: string | null;
  /** What it says, for people. */
  readonly why: string;
}

/** A contract on this host, and whether its label or trait lets guests come. */
export interface LabelledContract {
  readonly contract: string;
  readonly level: Level;
}

export interface HostLabels {
  readonly format: typeof HOST_LABELS_FORMAT;
  readonly architecture: Architecture;
  readonly target: 'kubevirt' | 'openstack';
  readonly surface: { readonly name: string; readonly fingerprint: string };
  readonly contracts: readonly LabelledContract[];
  /** For an operator to set: nobody else does. */
  readonly own: readonly HostLabel[];
  /** What the cluster's own agent is expected to say of the host. It overwrites what others set there. */
  readonly expected: readonly HostLabel[];
  /** What that agent says besides, and no surface tells; and why. */
  readonly unknown: readonly { readonly key: string; readonly why: string }[];
}
