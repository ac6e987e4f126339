/** The schema of `evenkeel.vmm-surface/1`, and the rules between its parts that a schema cannot say. */
import { z } from 'zod';
import { VMM_SURFACE_FORMAT, err, ok } from '../model/index.ts';
import type {
  CompatProperties,
  CompatProperty,
  CpuExpansion,
  CpuModel,
  CpuModels,
  CpuProperty,
  Json,
  MachineType,
  Result,
  VmmSurface,
  VmstateDescription,
  VmstateDescriptions,
  VmstateField,
} from '../model/index.ts';
import { documentError, pointerOf } from './error.ts';
import type { DocumentError } from './error.ts';
import { architectureSchema, countSchema, fingerprintSchema, jsonSchema } from './schemas.ts';
import { stringify } from './stringify.ts';
import { cpuSchema, recordedSchema } from './surface.ts';
import { danglingReference } from './vmm-references.ts';

const text = z.string().min(1);
const names = z.array(z.string());

const compatProperty: z.ZodType<CompatProperty> = z.strictObject({ type: text, property: text, value: z.string() });

const compat: z.ZodType<CompatProperties> = z.strictObject({
  after: z.string().nullable().describe('the machine type whose properties come before these'),
  properties: z.array(compatProperty),
});

const machine: z.ZodType<MachineType> = z.strictObject({
  alias: z.string().nullable(),
  default: z.boolean(),
  deprecated: z.boolean().nullable(),
  maximumCpus: countSchema,
  hotpluggableCpus: z.boolean(),
  numa: z.boolean().nullable(),
  acpi: z.boolean().nullable(),
  defaultCpu: z.string().nullable(),
  defaultRam: z.string().nullable(),
  compat: compat.nullable().describe('null where this version does not tell (QEMU before 9.1)'),
});

const expansion: z.ZodType<CpuExpansion> = z.discriminatedUnion('outcome', [
  z.strictObject({
    outcome: z.literal('expanded'),
    on: names.describe('properties that are true, and are not on the base'),
    off: names,
    values: z.record(z.string(), jsonSchema),
    without: names.describe('properties of the base that the model does not have'),
  }),
  z.strictObject({ outcome: z.literal('as'), model: text }),
  z.strictObject({ outcome: z.literal('refused'), message: z.string() }),
]);

const cpuModel: z.ZodType<CpuModel> = z.strictObject({
  type: text,
  alias: z.string().nullable(),
  static: z.boolean(),
  migrationSafe: z.boolean().nullable(),
  deprecated: z.boolean().nullable(),
  unavailable: names.nullable().describe('features that this accelerator on this host does not give'),
  expansion,
});

const cpuProperty: z.ZodType<CpuProperty> = z.strictObject({
  name: text,
  type: text,
  description: z.exactOptional(z.string()),
  default: z.exactOptional(jsonSchema),
});

const cpu: z.ZodType<CpuModels> = z.strictObject({
  machine: text.describe('the machine type under which the program was asked'),
  base: z.record(z.string(), jsonSchema).describe('properties of which expansions are told as differences'),
  staticProperties: names.nullable().describe('what a static expansion has; null where there is none'),
  models: z.record(z.string(), cpuModel),
  properties: z
    .array(z.strictObject({ models: names.nullable().describe('null: all'), properties: z.array(cpuProperty) }))
    .describe('what -cpu MODEL,… takes'),
});

const field: z.ZodType<VmstateField> = z.strictObject({
  field: z.string(),
  versionId: z.exactOptional(z.number().int()),
  conditional: z.exactOptional(z.literal(true)),
  size: z.number().int(),
  num: z.exactOptional(z.number().int()),
  description: z.exactOptional(z.string()),
});

const description: z.ZodType<VmstateDescription> = z.strictObject({
  name: z.string(),
  versionId: z.number().int(),
  minimumVersionId: z.number().int(),
  fields: z.exactOptional(z.array(field)),
  subsections: z.exactOptional(names),
});

const section = z.strictObject({
  versionId: z.number().int(),
  minimumVersionId: z.number().int(),
  description: z.string(),
});

const vmstate: z.ZodType<VmstateDescriptions> = z.strictObject({
  descriptions: z.record(z.string(), description).describe('each once; others refer to it by its key'),
  dumps: z.array(z.strictObject({ machines: names, sections: z.record(z.string(), section) })),
  failed: z.record(z.string(), z.string()).describe('machine types that gave no dump, and why'),
});

export const vmmSurfaceSchema: z.ZodType<VmmSurface> = z
  .strictObject({
    format: z.literal(VMM_SURFACE_FORMAT),
    architecture: architectureSchema,
    vmm: z.strictObject({ name: z.literal('qemu'), version: text, package: z.string() }),
    accelerator: z.enum(['kvm', 'tcg']),
    host: z
      .strictObject({ kernelRelease: text, cpu: cpuSchema })
      .nullable()
      .describe('with KVM: what the expansions of CPU models depend on; null with TCG'),
    recorded: recordedSchema.describe('how and when it came about; never part of the fingerprint'),
    fingerprint: fingerprintSchema.describe('over the canonical form, without recorded, host and package'),
    machines: z.record(z.string(), machine),
    cpu,
    vmstate,
  })
  .meta({ title: VMM_SURFACE_FORMAT, description: 'What one build of a VMM can give a guest, as it said itself.' });

/** The document, or the first thing that is wrong with it. */
export function toVmmSurface(path: string, json: Json): Result<VmmSurface, DocumentError> {
  const parsed = vmmSurfaceSchema.safeParse(json);
  if (!parsed.success) {
    const [issue, ...others] = parsed.error.issues;
    const more = others.length === 0 ? '' : ` (and ${others.length} more)`;
    return err(documentError('invalid', path, `${issue?.message ?? 'invalid'}${more}`, at(issue?.path ?? [])));
  }
  const dangling = danglingReference(parsed.data);
  return dangling === null ? ok(parsed.data) : err(documentError('invalid', path, dangling.message, at(dangling.path)));
}

export function vmmSurfaceText(surface: VmmSurface): string {
  return stringify(vmmSurfaceSchema.encode(surface) as Json);
}

function at(path: readonly PropertyKey[]): { readonly kind: 'pointer'; readonly pointer: string } {
  return { kind: 'pointer', pointer: pointerOf(path) };
}
