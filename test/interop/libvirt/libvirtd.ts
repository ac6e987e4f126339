/**
 * A real libvirtd for tests, started without systemd and apart from any that runs: its own namespaces, sockets and
 * directories. Guests are QEMU's TCG (`<domain type='qemu'>`), for it is given no /dev/kvm.
 */
import { spawn, spawnSync } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const SCRIPT = fileURLToPath(new URL('libvirtd.sh', import.meta.url));

/** What Debian's packages are called that have all of it. */
export const LIBVIRT_PACKAGES = 'libvirt-daemon-system libvirt-clients libxml2-utils qemu-system-x86';

/** Access by whoever reaches the socket, which is below a directory of this user. */
const LIBVIRTD_CONF = ['auth_unix_ro = "none"', 'auth_unix_rw = "none"', 'unix_sock_group = "root"', ''].join('\n');
/** Nothing that needs a host around it: no virtlogd, cgroups, mount namespaces or security module. */
const QEMU_CONF = [
  'user = "root"',
  'group = "root"',
  'stdio_handler = "file"',
  'security_driver = "none"',
  'cgroup_controllers = []',
  'namespaces = []',
  'remember_owner = 0',
  '',
].join('\n');

export interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Libvirtd {
  readonly uri: string;
  /** What /etc/libvirt is to it: hooks belong into `hooks/qemu.d` below. */
  readonly etc: string;
  /** What it says of itself: `9.0.0`. */
  readonly version: string;
  /** What it wrote to standard error so far. */
  readonly messages: () => string;
  /** The client of this machine, connected to it. */
  readonly virsh: (...words: readonly string[]) => Ended;
  /** Has it look at its configuration and hooks again (SIGHUP). */
  readonly reload: () => void;
  /** Ends libvirtd and starts it anew; guests go on, and it reconnects to them. */
  readonly restart: () => Promise<void>;
  readonly stop: () => Promise<void>;
}

/** Why there can be none here, or null. `root`: where libvirt and QEMU were unpacked, if not in the system. */
export function whyNoLibvirtd(root = '/'): string | null {
  if (process.getuid?.() !== 0) return 'a libvirtd of its own needs root';
  for (const file of [join(root, 'usr/sbin/libvirtd'), '/usr/bin/virsh', join(root, 'usr/bin/qemu-system-x86_64')]) {
    if (!existsSync(file)) return `there is no ${file} (Debian: ${LIBVIRT_PACKAGES})`;
  }
  const probe = spawnSync('unshare', ['-m', '-p', '-f', 'mount', '--make-rprivate', '/']);
  return probe.status === 0 ? null : 'namespaces of its own cannot be had here (unshare -m -p)';
}

/** Ready to answer. `prepare` fills its /etc/libvirt beforehand: hooks are read when it starts. */
export async function startLibvirtd(
  options: { readonly root?: string; readonly prepare?: (etc: string) => void } = {},
): Promise<Libvirtd> {
  const directory = mkdtempSync(join(tmpdir(), 'evenkeel-libvirtd-'));
  const etc = join(directory, 'etc');
  mkdirSync(etc);
  writeFileSync(join(etc, 'libvirtd.conf'), LIBVIRTD_CONF);
  writeFileSync(join(etc, 'qemu.conf'), QEMU_CONF);
  options.prepare?.(etc);
  const messages = join(directory, 'messages');
  // A file and no pipe: virsh below is waited for without reading, and a full pipe would stop libvirtd.
  const log = openSync(messages, 'a');
  const child = spawn(
    'unshare',
    ['-m', '-p', '-f', '--kill-child', '--mount-proc', 'sh', SCRIPT, directory, options.root ?? '/'],
    { stdio: ['ignore', 'ignore', log] },
  );
  closeSync(log);
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const socket = join(directory, 'run/libvirt-sock');
  const uri = `qemu+unix:///system?socket=${socket}`;
  const virsh = (...words: readonly string[]): Ended => {
    const done = spawnSync('virsh', ['-q', '-c', uri, ...words], { encoding: 'utf8', timeout: 120_000 });
    return { status: done.status, stdout: done.stdout, stderr: done.stderr };
  };
  const daemon = (): number => {
    const [shell] = childrenOf(child.pid);
    const found = childrenOf(shell).find((pid) => readFileSync(`/proc/${pid}/comm`, 'utf8').trim() === 'libvirtd');
    if (found === undefined) throw new Error('libvirtd has ended');
    return found;
  };
  const reload = (): void => {
    process.kill(daemon(), 'SIGHUP');
  };
  const restart = async (): Promise<void> => {
    const old = daemon();
    writeFileSync(join(directory, 'again'), '');
    process.kill(old, 'SIGTERM');
    for (let tries = 0; existsSync(`/proc/${old}`) || virsh('version', '--daemon').status !== 0; tries++) {
      if (tries > 300) throw new Error('libvirtd did not come up again');
      await sleep(100);
    }
  };
  const stop = async (): Promise<void> => {
    // SIGKILL: unshare waits through anything less. The namespace goes with it, and all that runs in it.
    child.kill('SIGKILL');
    await ended;
    rmSync(directory, { recursive: true, force: true });
  };
  for (let tries = 0; !existsSync(socket); tries++) {
    if (child.exitCode !== null || tries > 300) {
      const said = readFileSync(messages, 'utf8');
      await stop();
      throw new Error(`libvirtd did not come up: ${said}`);
    }
    await sleep(100);
  }
  const said = virsh('version', '--daemon');
  const version = /Running against daemon: ([0-9.]+)/.exec(said.stdout)?.[1];
  if (version === undefined) {
    await stop();
    throw new Error(`libvirtd does not answer: ${said.stderr}`);
  }
  return { uri, etc, version, messages: () => readFileSync(messages, 'utf8'), virsh, reload, restart, stop };
}

function childrenOf(pid: number | undefined): number[] {
  if (pid === undefined) return [];
  const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
  return text === '' ? [] : text.split(/\s+/).map(Number);
}
