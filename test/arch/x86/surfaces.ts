/** Real x86_64 surfaces for tests: those recorded in this repository, and one of this host where it has /dev/kvm. */
import { spawnSync } from 'node:child_process';
import { accessSync, constants, globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { SURFACE_FORMAT } from '../../../src/model/index.ts';
import type { Section, Surface } from '../../../src/model/index.ts';
import { Decoder } from '../../../src/worker/protocol.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));

export function recordedSurfaces(): { readonly name: string; readonly surface: Surface }[] {
  return globSync('surfaces/**/*.json', { cwd: root }).flatMap((name) => {
    // Files of this repository, which the tests of format/ hold against the schema.
    const surface = JSON.parse(readFileSync(`${root}${name}`, 'utf8')) as Surface;
    return surface.format === SURFACE_FORMAT && surface.architecture === 'x86_64' ? [{ name, surface }] : [];
  });
}

/** Why this host cannot be probed, or null. */
export function whyNoKvm(): string | null {
  if (process.arch !== 'x64') return `this is ${process.arch}, not x86_64`;
  try {
    accessSync('/dev/kvm', constants.R_OK | constants.W_OK);
    return null;
  } catch {
    return '/dev/kvm is missing or may not be opened';
  }
}

/** The sections of this host, from a worker of its own. */
export function probeSections(): Readonly<Record<string, Section>> {
  const ran = spawnSync(process.execPath, [`${root}src/worker/worker.ts`], { maxBuffer: 1 << 26, timeout: 60_000 });
  if (ran.status !== 0) throw new Error(ran.stderr.toString());
  const sections: Record<string, Section> = {};
  new Decoder().push(
    ran.stdout,
    (message) => {
      if (message.event === 'end') sections[message.step] = message.section;
    },
    (line) => {
      throw new Error(`not a message: ${line}`);
    },
  );
  return sections;
}

export function surfaceOf(sections: Readonly<Record<string, Section>>, modules: readonly string[]): Surface {
  return {
    format: SURFACE_FORMAT,
    architecture: 'x86_64',
    host: {
      kernelRelease: '',
      kernelVersion: '',
      cpu: { vendor: '', model: null, microcode: null },
      modules: modules.map((name) => ({ name, parameters: {} })),
      commandLine: [],
    },
    recorded: {
      at: null,
      by: 'a test',
      method: 'probe',
      command: null,
      environment: {},
      milliseconds: null,
      ioctls: null,
    },
    sections,
    fingerprint: `sha256:${'0'.repeat(64)}`,
  };
}
