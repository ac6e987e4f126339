/** Puts the hook where libvirt finds it, and takes it away. Somebody else's script is never touched. */
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { err, ok } from '../../model/result.ts';
import type { Result } from '../../model/result.ts';
import { MARK, hookScript } from './script.ts';
import type { Program } from './script.ts';
import { DEFAULT_SETTINGS, settingsOf } from './settings.ts';
import type { Settings } from './settings.ts';

/** Compiled into libvirt; every distribution's is built so. */
export const HOOKS_DIRECTORY = '/etc/libvirt/hooks';

/** Below `hooks`: libvirt runs every executable file there, since 6.5.0. */
export function hookPath(hooks: string): string {
  return join(hooks, 'qemu.d', 'evenkeel');
}

/** This Node, and the program beside this file: the source, or as published one file of all its modules (scripts/build.ts). */
export function ownProgram(): Program {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'cjs';
  return {
    node: realpathSync(process.execPath),
    program: fileURLToPath(new URL(`./main.${extension}`, import.meta.url)),
  };
}

export interface Installed {
  readonly path: string;
  readonly settings: Settings;
  /** A hook of ours was there, and its settings were kept where no others were given. */
  readonly replaced: boolean;
  /** What is likely to keep libvirt from running it. */
  readonly cautions: readonly string[];
}

/** In one step for libvirt: it sees the old script or the new one, whole and executable. */
export function installHook(
  hooks: string,
  given: Partial<Settings>,
  program: Program = ownProgram(),
): Result<Installed, string> {
  const path = hookPath(hooks);
  const old = ownScript(path);
  if (!old.ok) return old;
  const settings = { ...DEFAULT_SETTINGS, ...(old.value === null ? {} : settingsOf(old.value)), ...given };
  // Beside the directory that libvirt runs everything of.
  const temporary = join(hooks, `.evenkeel.${process.pid}.tmp`);
  const written = attempt(path, () => {
    mkdirSync(dirname(path), { recursive: true });
    try {
      writeFileSync(temporary, hookScript(settings, program), { mode: 0o755, flush: true });
      renameSync(temporary, path);
    } finally {
      rmSync(temporary, { force: true });
    }
  });
  if (!written.ok) return written;
  return ok({ path, settings, replaced: old.value !== null, cautions: cautionsOf(hooks, program) });
}

/** The path of what was taken away, or null where there was nothing. */
export function uninstallHook(hooks: string): Result<string | null, string> {
  const path = hookPath(hooks);
  const old = ownScript(path);
  if (!old.ok) return old;
  if (old.value === null) return ok(null);
  const removed = attempt(path, () => rmSync(path));
  return removed.ok ? ok(path) : removed;
}

/** Its text where it is ours, null where there is none. */
function ownScript(path: string): Result<string | null, string> {
  if (!existsSync(path)) return ok(null);
  const text = attempt(path, () => readFileSync(path, 'utf8'));
  if (!text.ok || text.value.includes(MARK)) return text;
  return err(`${path}: this script is not Evenkeel's, and stays as it is`);
}

function attempt<T>(path: string, work: () => T): Result<T, string> {
  try {
    return ok(work());
  } catch (error) {
    if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') throw error;
    const what = error.code === 'EACCES' || error.code === 'EPERM' ? 'no permission (are you root?)' : error.code;
    return err(`${path}: ${what}`);
  }
}

/** Where Debian's and Ubuntu's profile lets libvirtd's children be executed from without a word. */
const CONFINED_TO = ['/bin', '/sbin', '/usr/bin', '/usr/sbin'];

function cautionsOf(hooks: string, { node, program }: Program): string[] {
  const profile = '/etc/apparmor.d/usr.sbin.libvirtd';
  const confined = existsSync(profile) && !CONFINED_TO.includes(dirname(node));
  return [
    ...(confined
      ? [
          `AppArmor's profile of libvirtd lets no program below ${dirname(node)} be run; where it is enforced, add "${node} Ux," to /etc/apparmor.d/local/usr.sbin.libvirtd and reload it with apparmor_parser -r ${profile}`,
        ]
      : []),
    ...(program.includes('/_npx/')
      ? [`${program} is in a cache of npx that may be emptied at any time: install the package, and the hook again`]
      : []),
    ...(isExecutable(join(hooks, 'qemu'))
      ? [`${join(hooks, 'qemu')} runs before this hook; if it fails, the guest is vetoed whatever this one says`]
      : []),
  ];
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
