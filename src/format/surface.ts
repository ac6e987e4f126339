/** The schema of `evenkeel.surface/1`. The envelope is strict; what is in a section is the architecture's to say. */
import { z } from 'zod';
import { SURFACE_FORMAT } from '../model/index.ts';
import type { Cpu, Host, Recorded, Surface } from '../model/index.ts';
import { architectureSchema, countSchema, fingerprintSchema, hexTextSchema, jsonSchema } from './schemas.ts';

export const cpuSchema: z.ZodType<Cpu> = z.strictObject({
  vendor: z.string().min(1),
  model: z.string().nullable(),
  family: z.exactOptional(countSchema),
  modelNumber: z.exactOptional(countSchema),
  stepping: z.exactOptional(countSchema),
  midr: z.exactOptional(hexTextSchema),
  revidr: z.exactOptional(hexTextSchema),
  microcode: z.string().nullable(),
});

export const hostSchema: z.ZodType<Host> = z.strictObject({
  kernelRelease: z.string().min(1),
  kernelVersion: z.string(),
  cpu: cpuSchema,
  modules: z.array(z.strictObject({ name: z.string(), parameters: z.record(z.string(), z.string()) })),
  commandLine: z.array(z.string()),
});

export const recordedSchema: z.ZodType<Recorded> = z.strictObject({
  at: z.iso.datetime().nullable(),
  by: z.string().min(1),
  method: z.enum(['probe', 'lab', 'import']),
  command: z.string().nullable(),
  environment: z.record(z.string(), z.string()),
  milliseconds: z.number().nonnegative().nullable(),
  ioctls: countSchema.nullable(),
});

const section = z.discriminatedUnion('outcome', [
  z.strictObject({ outcome: z.literal('measured'), data: jsonSchema }),
  z.strictObject({ outcome: z.literal('absent'), reason: z.string() }),
  z.strictObject({
    outcome: z.literal('failed'),
    call: z.string(),
    detail: z.string(),
    errno: z.string(),
    meaning: z.string(),
  }),
  z.strictObject({ outcome: z.literal('deadline'), milliseconds: z.number().nonnegative(), during: z.string() }),
  z.strictObject({ outcome: z.literal('crashed'), reason: z.string(), during: z.string() }),
]);

export const surfaceSchema: z.ZodType<Surface> = z
  .strictObject({
    format: z.literal(SURFACE_FORMAT),
    architecture: architectureSchema,
    host: hostSchema.nullable().describe('null where a capture does not tell'),
    recorded: recordedSchema.describe('how and when it came about; never part of the fingerprint'),
    fingerprint: fingerprintSchema.describe('over the canonical form: the same host gives the same one'),
    sections: z.record(z.string(), section).describe('by probe step; a step that is not here was not captured'),
  })
  .meta({ title: SURFACE_FORMAT, description: 'What one host can show a guest, as measured.' });
