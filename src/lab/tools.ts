/** The programs of the system that the lab uses, and the Debian packages that bring them. */
export interface Tool {
  readonly program: string;
  readonly package: string;
  readonly why: string;
}

export const TOOLS: readonly Tool[] = [
  { program: 'apt-get', package: 'apt', why: 'fetches kernels and QEMU, with signatures checked' },
  { program: 'apt-cache', package: 'apt', why: 'finds the package of a kernel' },
  { program: 'apt-config', package: 'apt', why: 'tells how this system reaches the archive' },
  { program: 'dpkg-deb', package: 'dpkg', why: 'unpacks packages' },
  { program: 'npm', package: 'npm', why: 'fetches Node for the guests' },
  { program: 'tar', package: 'tar', why: 'unpacks Node' },
  { program: 'xz', package: 'xz-utils', why: 'decompresses kernel modules' },
  { program: 'setpriv', package: 'util-linux', why: 'ends a virtual machine when Evenkeel itself is killed' },
];

/** Signs all of Debian's archives; /usr/share/keyrings in the package debian-archive-keyring. */
export const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';
export const KEYRING_PACKAGE = 'debian-archive-keyring';

/** The one command that installs what is missing. */
export function installHint(programs: readonly string[], morePackages: readonly string[] = []): string {
  const packages = programs.map((program) => TOOLS.find((tool) => tool.program === program)?.package ?? program);
  return `apt-get install ${[...new Set([...packages, ...morePackages])].join(' ')}`;
}
