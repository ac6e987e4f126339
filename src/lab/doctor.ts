/** Whether the lab can work here: what is missing, and the one command that installs it. */
import { accessSync, constants, existsSync, statfsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { Architecture } from '../model/index.ts';
import { KERNELS } from './catalogue.ts';
import type { LabContext } from './context.ts';
import { cachedKernel } from './kernel.ts';
import { LAB_QEMU } from './catalogue.ts';
import { cachedQemu } from './qemu.ts';
import { KEYRING, KEYRING_PACKAGE, TOOLS, installHint } from './tools.ts';

export interface Finding {
  readonly what: string;
  /** `later`: not here yet, and fetched by itself when it is needed. */
  readonly state: 'ready' | 'later' | 'missing';
  readonly detail: string;
}

export interface Diagnosis {
  readonly findings: readonly Finding[];
  /** False where something is missing that the lab does not fetch itself. */
  readonly ready: boolean;
  /** The command that installs all that is missing, or null. */
  readonly install: string | null;
}

/** Both architectures with all kernels take about this much. */
const CACHE_BYTES = 4e9;

export async function doctor(context: LabContext): Promise<Diagnosis> {
  const missing = TOOLS.filter(({ program }) => !inPath(program));
  const keyring = existsSync(KEYRING);
  const findings: Finding[] = TOOLS.map((tool) =>
    missing.includes(tool)
      ? { what: tool.program, state: 'missing', detail: tool.why }
      : { what: tool.program, state: 'ready', detail: tool.why },
  );
  findings.push({
    what: 'signatures',
    state: keyring ? 'ready' : 'missing',
    detail: keyring ? KEYRING : `${KEYRING}, with which signatures are checked`,
  });
  findings.push(space(context));
  for (const architecture of ['x86_64', 'arm64'] as const) findings.push(await qemu(context, architecture));
  for (const architecture of ['x86_64', 'arm64'] as const) findings.push(kernels(context, architecture));
  const wanted = installHint(
    missing.map(({ program }) => program),
    keyring ? [] : [KEYRING_PACKAGE],
  );
  const anything = missing.length > 0 || !keyring;
  return {
    findings,
    ready: findings.every(({ state }) => state !== 'missing'),
    install: anything ? wanted : null,
  };
}

function inPath(program: string): boolean {
  return (process.env['PATH'] ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

function space(context: LabContext): Finding {
  let folder = context.cache;
  while (!existsSync(folder)) folder = join(folder, '..');
  const { bavail, bsize } = statfsSync(folder);
  const free = bavail * bsize;
  const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(1)} GB`;
  const detail = `${gigabytes(free)} free for ${context.cache}`;
  return free < CACHE_BYTES
    ? { what: 'space', state: 'missing', detail: `${detail}; the lab takes up to ${gigabytes(CACHE_BYTES)}` }
    : { what: 'space', state: 'ready', detail };
}

async function qemu(context: LabContext, architecture: Architecture): Promise<Finding> {
  const cached = await cachedQemu(context, architecture);
  const what = `QEMU for ${architecture}`;
  if (cached !== null) return { what, state: 'ready', detail: `${cached.version}; ${cached.package ?? cached.origin}` };
  const { package: name, suite } = LAB_QEMU[architecture];
  return { what, state: 'later', detail: `${name} of Debian ${suite}: evenkeel lab fetch` };
}

function kernels(context: LabContext, architecture: Architecture): Finding {
  const cached = KERNELS.filter(({ name }) => cachedKernel(context, name, architecture) !== null);
  return {
    what: `kernels for ${architecture}`,
    state: cached.length === KERNELS.length ? 'ready' : 'later',
    detail: `${cached.length} of ${KERNELS.length} in the cache`,
  };
}
