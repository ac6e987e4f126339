/** The kernels that the lab knows by name, where Debian keeps them, and what else is fetched, with versions. */
import type { Architecture } from '../model/index.ts';

export interface CatalogueKernel {
  /** `debian:6.12`, as given on a command line. */
  readonly name: string;
  /** The series, as the release must begin. */
  readonly series: string;
  readonly suite: Suite;
}

export type Suite = 'bullseye' | 'bookworm' | 'trixie' | 'trixie-backports' | 'experimental';

export const KERNELS: readonly CatalogueKernel[] = [
  { name: 'debian:5.10', series: '5.10', suite: 'bullseye' },
  { name: 'debian:6.1', series: '6.1', suite: 'bookworm' },
  { name: 'debian:6.12', series: '6.12', suite: 'trixie' },
  { name: 'debian:7.2', series: '7.2', suite: 'trixie-backports' },
  { name: 'debian:7.3', series: '7.3', suite: 'experimental' },
];

/**
 * Suites whose Release file a mirror may keep past its Valid-Until. Experimental is signed anew twice a day for a
 * week; a mirror frozen at a date serves it unchanged for longer. Signatures are checked all the same; that it is
 * stale is said.
 */
export const MAY_BE_STALE: ReadonlySet<Suite> = new Set<Suite>(['experimental']);

/** Debian's names of the architectures. */
export const DEBIAN_ARCHITECTURE: Readonly<Record<Architecture, 'amd64' | 'arm64'>> = {
  x86_64: 'amd64',
  arm64: 'arm64',
};

/** npm's names of the architectures. */
export const NODE_ARCHITECTURE: Readonly<Record<Architecture, 'x64' | 'arm64'>> = { x86_64: 'x64', arm64: 'arm64' };

/** The same as in package.json; a test compares them. */
export const GUEST_NODE = '24.21.0';
export const GUEST_KOFFI = '3.3.4';

/** What Node and koffi are linked to, and the suite that it comes from. */
export const GUEST_LIBRARIES = { suite: 'bookworm', packages: ['libc6', 'libstdc++6', 'libgcc-s1'] } as const;

/**
 * The lab's own QEMU, by the architecture that it emulates. Which is faster and which is right was measured:
 * docs/decisions/0004-lab-qemu.md.
 */
export const LAB_QEMU: Readonly<
  Record<Architecture, { readonly suite: Suite; readonly package: string; readonly more: readonly string[] }>
> = {
  arm64: { suite: 'trixie', package: 'qemu-system-arm', more: [] },
  x86_64: { suite: 'bookworm', package: 'qemu-system-x86', more: ['seabios'] },
};
