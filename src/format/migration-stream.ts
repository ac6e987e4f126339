/** The schema of `evenkeel.migration-stream/1`: what `qemu stream -o json` writes. Offsets are from the start of the file. */
import { z } from 'zod';
import type { Architecture } from '../model/index.ts';
import { architectureSchema, countSchema, hexTextSchema } from './schemas.ts';

export const MIGRATION_STREAM_FORMAT = 'evenkeel.migration-stream/1';

export interface MigrationStreamDocument {
  readonly format: typeof MIGRATION_STREAM_FORMAT;
  /** As the person named it. */
  readonly name: string;
  readonly bytes: number;
  readonly container: { readonly name: string; readonly bytes: number } | null;
  readonly architecture: Architecture | null;
  readonly configuration: {
    readonly offset: number;
    readonly machine: string;
    readonly targetPageBits: number | null;
    readonly capabilities: readonly string[];
    readonly uuid: string | null;
  } | null;
  readonly pageSize: number;
  readonly footers: boolean | null;
  readonly ram: {
    readonly layout: 'stream' | 'mapped-ram';
    readonly multifd: boolean;
    readonly blocks: readonly {
      readonly name: string;
      readonly size: number;
      readonly normal: number;
      readonly zero: number;
      readonly xbzrle: number;
      readonly compressed: number;
    }[];
  } | null;
  readonly commands: readonly { readonly offset: number; readonly name: string; readonly bytes: number }[];
  readonly description: { readonly offset: number; readonly bytes: number } | null;
  readonly sections: readonly MigrationSection[];
}

export interface MigrationSection {
  readonly id: string;
  readonly instance: number;
  readonly version: number;
  readonly offset: number;
  readonly kind: 'full' | 'live';
  readonly bytes: number;
  readonly undecoded: string | null;
  readonly subsections: readonly MigrationSubsection[];
  /** By their headers alone, in fields that QEMU does not describe. */
  readonly found: readonly { readonly name: string; readonly version: number; readonly offset: number }[];
  /** Of vCPUs, with `--fields` or `--section`. */
  readonly registers?: readonly MigrationRegister[];
  /** With `--fields` or `--section`. */
  readonly fields?: readonly MigrationField[];
}

export interface MigrationSubsection {
  readonly name: string;
  readonly version: number;
  readonly offset: number;
  readonly bytes: number;
  readonly subsections: readonly MigrationSubsection[];
  readonly fields?: readonly MigrationField[];
}

export interface MigrationRegister {
  readonly register: string;
  readonly value: string;
  readonly offset: number;
}

export interface MigrationField {
  readonly name: string;
  readonly type: string;
  readonly index?: number;
  readonly offset: number;
  readonly size: number;
  readonly value?: string;
  readonly bytes?: string;
  readonly fields?: readonly MigrationField[];
}

const field: z.ZodType<MigrationField> = z.strictObject({
  name: z.string(),
  type: z.string().describe("QEMU's name of the type"),
  index: z.exactOptional(countSchema.describe('which element, of arrays')),
  offset: countSchema,
  size: countSchema.describe('bytes'),
  value: z.exactOptional(hexTextSchema.describe('of numbers; negative ones in two’s complement of their size')),
  bytes: z.exactOptional(z.string().describe('of all else but structs, in hex digits')),
  get fields() {
    return z.exactOptional(z.array(field));
  },
});

const subsection: z.ZodType<MigrationSubsection> = z.strictObject({
  name: z.string(),
  version: countSchema,
  offset: countSchema.describe('of its type byte'),
  bytes: countSchema.describe('header and subsections with it'),
  get subsections() {
    return z.array(subsection);
  },
  fields: z.exactOptional(z.array(field)),
});

const register: z.ZodType<MigrationRegister> = z.strictObject({
  register: z.string().describe('the word, as surfaces name it: msr/EFER, reg/SCTLR_EL1'),
  value: hexTextSchema,
  offset: countSchema,
});

const section: z.ZodType<MigrationSection> = z.strictObject({
  id: z.string(),
  instance: countSchema,
  version: z.number().int(),
  offset: countSchema.describe('of its type byte'),
  kind: z.enum(['full', 'live']).describe('in one piece; or in parts while the guest ran'),
  bytes: countSchema.describe('between header and footer, of all parts'),
  undecoded: z.string().nullable().describe('why its fields are not known'),
  subsections: z.array(subsection).describe('also those of structs in its fields'),
  found: z
    .array(z.strictObject({ name: z.string(), version: countSchema, offset: countSchema }))
    .describe('subsections by their headers alone, in fields that QEMU does not describe (virtio)'),
  registers: z.exactOptional(z.array(register)),
  fields: z.exactOptional(z.array(field)),
});

export const migrationStreamSchema: z.ZodType<MigrationStreamDocument> = z
  .strictObject({
    format: z.literal(MIGRATION_STREAM_FORMAT),
    name: z.string(),
    bytes: countSchema,
    container: z.strictObject({ name: z.string(), bytes: countSchema }).nullable(),
    architecture: architectureSchema.nullable(),
    configuration: z
      .strictObject({
        offset: countSchema,
        machine: z.string(),
        targetPageBits: countSchema.nullable(),
        capabilities: z.array(z.string()),
        uuid: z.string().nullable(),
      })
      .nullable(),
    pageSize: countSchema.describe("of the guest's architecture"),
    footers: z.boolean().nullable(),
    ram: z
      .strictObject({
        layout: z.enum(['stream', 'mapped-ram']),
        multifd: z.boolean().describe('pages travel in other channels, and are not counted'),
        blocks: z.array(
          z.strictObject({
            name: z.string(),
            size: countSchema.describe('bytes'),
            normal: countSchema.describe('pages; one that was sent twice counts twice'),
            zero: countSchema,
            xbzrle: countSchema,
            compressed: countSchema,
          }),
        ),
      })
      .nullable(),
    commands: z.array(z.strictObject({ offset: countSchema, name: z.string(), bytes: countSchema })),
    description: z.strictObject({ offset: countSchema, bytes: countSchema }).nullable(),
    sections: z.array(section),
  })
  .meta({ title: MIGRATION_STREAM_FORMAT, description: 'What a migration stream of QEMU holds.' });
