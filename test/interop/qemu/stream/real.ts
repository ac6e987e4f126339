/** Streams of real guests: a QEMU that emulates (TCG), stopped before its first instruction or after some seconds of firmware. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Architecture, Json } from '../../../../src/model/index.ts';
import { connectQmp, isObject } from '../../../../src/interop/qemu/qmp/index.ts';
import type { Qmp } from '../../../../src/interop/qemu/qmp/index.ts';
import { labContext } from '../../../../src/lab/index.ts';
import { startFrom, thisMachine } from '../../../../src/lab/qemu-sysroot.ts';
import type { QemuStart } from '../../../../src/lab/qemu-sysroot.ts';
import { QEMU_VERSIONS, cachedQemuVersion } from '../../../../src/lab/qemu-version.ts';

export interface RealQemu {
  readonly name: string;
  readonly emulates: Architecture;
  readonly start: QemuStart;
}

const SYSTEM = '/usr/bin/qemu-system-x86_64';

/** The system's own, or null. */
export function systemQemu(): RealQemu | null {
  if (!existsSync(SYSTEM)) return null;
  return { name: 'the system’s', emulates: 'x86_64', start: { program: SYSTEM, parameters: [], environment: {} } };
}

/** All versions that the lab has fetched for this machine. */
export function fetchedQemus(): RealQemu[] {
  const runsOn = thisMachine();
  if (runsOn === null) return [];
  return QEMU_VERSIONS.flatMap((version) =>
    (['x86_64', 'arm64'] as const).flatMap((emulates) => {
      const sysroot = cachedQemuVersion(labContext(), { version, emulates, runsOn });
      const start = sysroot === null ? null : startFrom(sysroot);
      return start?.ok === true ? [{ name: version, emulates, start: start.value }] : [];
    }),
  );
}

const DEVICES = [
  ...['-device', 'virtio-net-pci', '-device', 'virtio-rng-pci', '-device', 'virtio-serial-pci'],
  ...['-device', 'virtio-balloon-pci', '-device', 'nec-usb-xhci', '-device', 'usb-tablet', '-device', 'e1000'],
];

/** Guests with many devices; every section of a stream has a different history. */
export const GUESTS: Readonly<Record<Architecture, readonly string[]>> = {
  x86_64: ['-M', 'q35', '-cpu', 'max', '-smp', '2', '-m', '32', ...DEVICES, '-device', 'ich9-intel-hda'],
  arm64: ['-M', 'virt,gic-version=3', '-cpu', 'max', '-smp', '2', '-m', '32', ...DEVICES],
};

export interface SaveOptions {
  /** Milliseconds that the guest runs before. */
  readonly run?: number;
  readonly capabilities?: readonly string[];
  /** `exec:cat>FILE` where not given. */
  readonly uri?: (path: string) => string;
}

/** Starts a guest, saves it into a file, ends it. Throws with what QEMU said. */
export async function saveGuest(
  { start, emulates }: RealQemu,
  path: string,
  parameters: readonly string[] = GUESTS[emulates],
  options: SaveOptions = {},
): Promise<void> {
  const always = ['-accel', 'tcg', '-S', '-display', 'none', '-monitor', 'none', '-serial', 'none', '-qmp', 'stdio'];
  const child = spawn(start.program, [...start.parameters, ...always, ...parameters], {
    env: { ...process.env, ...start.environment },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
  try {
    const qmp = await connectQmp({ readable: child.stdout, writable: child.stdin }, { milliseconds: 60_000 });
    if (!qmp.ok) throw new Error(`${qmp.error.message}: ${said}`);
    await save(qmp.value, path, options);
    await qmp.value.execute('quit');
  } finally {
    child.kill('SIGKILL');
  }
}

async function save(qmp: Qmp, path: string, { run, capabilities = [], uri }: SaveOptions): Promise<void> {
  if (run !== undefined) {
    await ask(qmp, 'cont');
    await sleep(run);
  }
  await ask(qmp, 'migrate-set-capabilities', {
    capabilities: capabilities.map((capability) => ({ capability, state: true })),
  });
  await ask(qmp, 'migrate-set-parameters', { 'max-bandwidth': 10_000_000_000 });
  await ask(qmp, 'migrate', { uri: uri?.(path) ?? `exec:cat>${path}` });
  for (;;) {
    const state = await ask(qmp, 'query-migrate');
    const status = isObject(state) ? state['status'] : null;
    if (status === 'completed') return;
    if (status === 'failed') throw new Error(`QEMU did not save: ${JSON.stringify(state)}`);
    await sleep(50);
  }
}

async function ask(qmp: Qmp, command: string, parameters?: Readonly<Record<string, Json>>): Promise<Json> {
  const answer = await qmp.execute(command, parameters);
  if (answer.ok) return answer.value;
  throw new Error(`${command}: ${answer.error.message}`);
}
