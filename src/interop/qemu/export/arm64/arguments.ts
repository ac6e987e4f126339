/** The arguments of an arm64 guest: `-cpu host` with the few switches that there are, and the interrupt controller. */
import { QEMU_ARM64_PROPERTIES } from '../../../../arch/vmm/qemu-properties-arm64.ts';
import type { QemuProperty } from '../../../../arch/vmm/qemu-property.ts';
import { isSince } from '../../../../arch/vmm/qemu-version.ts';
import type { QemuVersion } from '../../../../arch/vmm/qemu-version.ts';
import { err, extract, ok } from '../../../../model/index.ts';
import type { ExportOutcome, Result } from '../../../../model/index.ts';
import type { PromisedField } from '../../../export.ts';
import type { Property } from '../arguments.ts';
import type { Chosen } from '../index.ts';
import { promisedField } from '../promise.ts';
import type { Promises } from '../promise.ts';

interface Options {
  readonly version: QemuVersion;
  readonly model?: string | undefined;
  readonly machine: string;
}

type Written = ReadonlyMap<QemuProperty, string | null>;

const NOTES: readonly string[] = [
  'QEMU has no property for ID registers: with -cpu host a guest that is started gets what the host shows, and a guest that is migrated brings its registers along, which the destination takes or refuses. What is listed below as not settable is held by the saved state alone.',
];

export function arm64Arguments(
  promises: Promises,
  { version, model = 'host', machine }: Options,
): Result<Chosen, string> {
  // kvm_arch_init_vcpu takes others too, but only on the CPU that they are named after.
  if (model !== 'host' && model !== 'max') {
    return err(`under KVM an arm64 guest has the host's CPU: --model host, or max, which is the same; not ${model}`);
  }
  const written: Written = new Map(
    QEMU_ARM64_PROPERTIES.filter(({ since }) => isSince(version, since)).flatMap((property) => {
      const unsaid = property.fields.some((field) => promisedField(promises, field) === null);
      if (unsaid || isVoid(promises, property)) return [];
      return [[property, property.write((word) => promises.get(word)?.value ?? 0n)] as const];
    }),
  );
  const gic = interruptController(promises);
  return ok({
    arguments: {
      machine: { type: machine, properties: [...gic, ...on(written, 'machine')] },
      accel: [],
      cpu: { model, properties: on(written, 'cpu') },
      overcommit: [],
    },
    notes: NOTES,
    outcome: (promised) => outcome(written, promised),
  });
}

/** Without SVE there are no vector lengths to choose, and QEMU refuses to be told of any (arm_cpu_sve_finalize). */
function isVoid(promises: Promises, { fields }: QemuProperty): boolean {
  return fields.some(({ word }) => word === 'sve/vector-lengths') && promises.get('vcpu/SVE')?.value !== 1n;
}

const on = (written: Written, where: QemuProperty['on']): Property[] =>
  [...written].flatMap(([property, text]) =>
    property.on === where && text !== null ? [{ name: property.name, value: text }] : [],
  );

/** Of a contract of a host that offers both, the newer: a guest has one. */
function interruptController(promises: Promises): Property[] {
  const has = (prefix: string): boolean => [...promises.keys()].some((word) => word.startsWith(prefix));
  const version = has('vgic/v3/') ? '3' : has('vgic/v2/') ? '2' : null;
  if (version === null) return [];
  const its = version === '3' ? [{ name: 'its', value: has('vgic/its/') ? 'on' : 'off' }] : [];
  return [{ name: 'gic-version', value: version }, ...its];
}

/** Null where no property is for it. */
function outcome(written: Written, { word, field, value }: PromisedField): ExportOutcome | null {
  const parts = [...written].filter(([{ fields }]) => fields.some((of) => of.word === word));
  if (parts.length === 0) return null;
  if (parts.some(([, text]) => text === null)) {
    return { how: 'cannot', why: 'QEMU switches several of these together, and not all are promised alike' };
  }
  const covered = parts.reduce((all, [{ fields }]) => all | bitsOf(fields, word), 0n);
  // More vector lengths than QEMU knows.
  if ((value & ~extract(field, covered)) !== 0n) return { how: 'cannot', why: 'QEMU has no property for all of it' };
  return { how: 'set', by: parts.map(([{ name }, text]) => `${name}=${text}`).join(',') };
}

function bitsOf(fields: QemuProperty['fields'], of: string): bigint {
  return fields
    .filter(({ word }) => word === of)
    .reduce((all, { shift, width }) => all | (((1n << BigInt(width)) - 1n) << BigInt(shift)), 0n);
}
