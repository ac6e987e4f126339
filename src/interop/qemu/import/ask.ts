/**
 * A running guest's view, asked over QMP: what machine it has, who runs it, and of each vCPU the properties of its QOM object.
 * Nothing of the guest is touched: it goes on.
 */
import { err, ok } from '../../../model/index.ts';
import type { Architecture, Json, Result } from '../../../model/index.ts';
import { describeQmpError, isObject } from '../qmp/index.ts';
import type { Qmp, QemuVersion } from '../qmp/index.ts';
import { rowsOf } from './values.ts';

/** One sentence for people: what QEMU did not say, or said in a way that is not understood. */
export type ImportFault = string;

export interface Vcpu {
  /** `/machine/unattached/device[0]`. */
  readonly path: string;
  /** By name; those that QEMU would not give are not there. */
  readonly properties: ReadonlyMap<string, Json>;
}

export interface GuestView {
  readonly version: QemuVersion;
  readonly architecture: Architecture;
  /** As `-name` has it; null where the guest has none. */
  readonly name: string | null;
  /** `pc-q35-7.2`. */
  readonly machine: string;
  readonly machineProperties: ReadonlyMap<string, Json>;
  /** True where KVM runs it; false: TCG, or another accelerator that is not KVM. */
  readonly kvm: boolean;
  readonly vcpus: readonly [Vcpu, ...Vcpu[]];
}

/** qapi/machine.json, SysEmuTarget. */
const TARGETS: Readonly<Record<string, Architecture>> = { x86_64: 'x86_64', aarch64: 'arm64' };

/** Properties to ask for: of the first vCPU all of these, of the others those that tell whether they are like it. */
export interface Wanted {
  readonly first: (architecture: Architecture) => readonly string[];
  readonly each: (architecture: Architecture) => readonly string[];
  readonly machine: (architecture: Architecture) => readonly string[];
}

export async function askGuest(qmp: Qmp, wanted: Wanted): Promise<Result<GuestView, ImportFault>> {
  const target = await answer(qmp, 'query-target');
  if (!target.ok) return target;
  const arch = isObject(target.value) ? target.value['arch'] : undefined;
  const architecture = typeof arch === 'string' ? TARGETS[arch] : undefined;
  if (architecture === undefined) return err(`the guest is of ${printed(arch)}: guests of x86_64 and aarch64 are read`);
  const kvm = await answer(qmp, 'query-kvm');
  if (!kvm.ok) return kvm;
  const named = await answer(qmp, 'query-name');
  if (!named.ok) return named;
  const machine = await machineOf(qmp);
  if (!machine.ok) return machine;
  const paths = await vcpuPaths(qmp);
  if (!paths.ok) return paths;
  const [first, ...others] = paths.value;
  const head = await properties(qmp, first, wanted.first(architecture));
  if (!head.ok) return head;
  const rest: Vcpu[] = [];
  for (const path of others) {
    const found = await properties(qmp, path, wanted.each(architecture));
    if (!found.ok) return found;
    rest.push({ path, properties: found.value });
  }
  const board = await properties(qmp, '/machine', wanted.machine(architecture));
  if (!board.ok) return board;
  const name = isObject(named.value) ? named.value['name'] : undefined;
  return ok({
    version: qmp.version,
    architecture,
    name: typeof name === 'string' ? name : null,
    machine: machine.value,
    machineProperties: board.value,
    kvm: isObject(kvm.value) && kvm.value['enabled'] === true,
    vcpus: [{ path: first, properties: head.value }, ...rest],
  });
}

async function answer(
  qmp: Qmp,
  command: string,
  parameters?: Record<string, Json>,
): Promise<Result<Json, ImportFault>> {
  const found = await qmp.execute(command, parameters);
  return found.ok ? found : err(describeQmpError(found.error));
}

async function machineOf(qmp: Qmp): Promise<Result<string, ImportFault>> {
  const type = await answer(qmp, 'qom-get', { path: '/machine', property: 'type' });
  if (!type.ok) return type;
  return typeof type.value === 'string'
    ? ok(type.value.replace(/-machine$/, ''))
    : err(`the machine's type is ${printed(type.value)}: a text is expected`);
}

async function vcpuPaths(qmp: Qmp): Promise<Result<readonly [string, ...string[]], ImportFault>> {
  const listed = await answer(qmp, 'query-cpus-fast');
  if (!listed.ok) return listed;
  const rows = rowsOf(listed.value) ?? [];
  const paths = rows.flatMap((row) => (isObject(row) && typeof row['qom-path'] === 'string' ? [row['qom-path']] : []));
  const [first, ...others] = paths;
  if (first === undefined || paths.length !== rows.length) {
    return err('query-cpus-fast names no vCPU, or one without a place in the object tree');
  }
  return ok([first, ...others]);
}

/** Those of the names that the object has; a property that it has and will not give is left out. */
async function properties(
  qmp: Qmp,
  path: string,
  names: readonly string[],
): Promise<Result<ReadonlyMap<string, Json>, ImportFault>> {
  const listed = await answer(qmp, 'qom-list', { path });
  if (!listed.ok) return listed;
  const rows = rowsOf(listed.value) ?? [];
  const known = new Set(rows.flatMap((row) => (isObject(row) && typeof row['name'] === 'string' ? [row['name']] : [])));
  const found = new Map<string, Json>();
  for (const property of names) {
    if (!known.has(property)) continue;
    const value = await qmp.execute('qom-get', { path, property });
    if (value.ok) found.set(property, value.value);
    else if (value.error.code !== 'command') return err(describeQmpError(value.error));
  }
  return ok(found);
}

/** An answer in an error message: short, whatever it is. */
export function printed(value: Json | undefined): string {
  const text = value === undefined ? 'nothing' : JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
