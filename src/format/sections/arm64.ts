/** The arm64 sections, as `arch/arm64/sections.ts` types them. Register ids are unique in every list. */
import { z } from 'zod';
import type {
  FirmwareSection,
  GicSection,
  IdRegistersSection,
  StateSection,
  SveSection,
  UnlistedRegistersSection,
  VcpuAttributesSection,
  VcpusSection,
  VmSection,
} from '../../arch/arm64/index.ts';
import type { ObservedSection } from '../../arch/arm64/observed-sections.ts';
import type { OrderingSection } from '../../model/index.ts';
import { countSchema, hexTextSchema } from '../schemas.ts';
import { uniqueBy } from '../unique.ts';
import { bySchema } from './rule.ts';
import type { SectionRule } from './rule.ts';

/** A value, or the name of the errno that reading it gave. */
const valueOrErrno = z.string().regex(/^(?:0x(?:0|[1-9a-f][0-9a-f]*)|E[A-Z0-9]+)$/, {
  error: 'expected lower-case hex, or the name of an errno',
  abort: true,
});

const registers = z
  .array(z.tuple([hexTextSchema, valueOrErrno]))
  .superRefine(uniqueBy(([id]) => `register ${id}`, null));

const named = { name: z.string(), features: z.array(z.string()) };
const combination = z.union([
  z.object({ ...named, outcome: z.literal('created'), registers }),
  z.object({
    ...named,
    outcome: z.literal('created'),
    base: z.string(),
    added: registers,
    removed: z.array(hexTextSchema),
    changed: registers,
  }),
  z.object({ ...named, outcome: z.literal('refused'), call: z.string(), errno: z.string() }),
  z.object({ ...named, outcome: z.literal('absent'), capability: z.string() }),
]);

const vcpus: z.ZodType<VcpusSection> = z.object({
  target: countSchema,
  features: z.string(),
  vgic: z.string(),
  combinations: z.array(combination).superRefine(uniqueBy(({ name }) => `combination ${name}`, 'name')),
});

const bit = z.number().int().min(0).max(63);
const values = z.array(countSchema);
const fieldTrial = z.object({
  shift: bit,
  width: bit.min(1).or(z.literal(64)),
  taken: values,
  ignored: z.exactOptional(values),
  changed: z.exactOptional(z.array(z.tuple([countSchema, z.string()]))),
  refused: z.exactOptional(z.record(z.string(), z.union([values, z.literal('others')]))),
});

const idRegisters = z
  .array(
    z.object({
      id: hexTextSchema,
      value: valueOrErrno,
      same: z.string(),
      fields: z.array(fieldTrial),
      fixed: z.record(z.string(), z.array(z.string())),
    }),
  )
  .superRefine(uniqueBy(({ id }) => `register ${id}`, 'id'));

const idRegistersSection: z.ZodType<IdRegistersSection> = z.object({
  vcpu: z.string(),
  registers: idRegisters,
  declared: z.union([
    z.object({ ranges: z.string(), masks: z.array(z.tuple([hexTextSchema, hexTextSchema])) }),
    z.object({ absent: z.string() }),
  ]),
  implementation: z.union([z.object({ registers: idRegisters }), z.object({ absent: z.string() })]),
});

const trials = z.array(z.object({ wrote: hexTextSchema, outcome: z.string(), reads: z.exactOptional(z.string()) }));

const firmware: z.ZodType<FirmwareSection> = z.object({
  vcpu: z.string(),
  registers: z
    .array(z.object({ id: hexTextSchema, value: valueOrErrno, trials }))
    .superRefine(uniqueBy(({ id }) => `register ${id}`, 'id')),
});

const state: z.ZodType<StateSection> = z.object({
  vcpu: z.string(),
  free: z.array(hexTextSchema),
  limited: z.array(z.tuple([hexTextSchema, z.string(), z.string(), z.string()])),
});

const unlisted: z.ZodType<UnlistedRegistersSection> = z.object({
  vcpu: z.string(),
  asked: countSchema,
  refused: z.record(z.string(), z.array(hexTextSchema)),
  answered: z
    .array(z.tuple([hexTextSchema, valueOrErrno, z.string(), z.string(), hexTextSchema]))
    .superRefine(uniqueBy(([id]) => `register ${id}`, null)),
});

const sve: z.ZodType<SveSection> = z.object({
  lengths: z.string(),
  trials,
  finalize: z.string(),
  afterwards: z.string(),
});

const attributes = z.array(
  z.object({
    attribute: z.string(),
    name: z.string(),
    has: z.union([z.boolean(), z.string()]),
    reads: z.exactOptional(valueOrErrno),
    trials,
  }),
);

const gic: z.ZodType<GicSection> = z.object({
  device: z.string(),
  setUp: z.array(z.tuple([z.string(), z.string()])),
  registers: z
    .array(
      z.object({
        name: z.string(),
        offset: hexTextSchema,
        before: valueOrErrno,
        after: valueOrErrno,
        trialsBefore: trials,
        trials,
      }),
    )
    .superRefine(uniqueBy(({ name }) => `register ${name}`, 'name')),
  attributes,
});

const vcpuAttributes: z.ZodType<VcpuAttributesSection> = z.object({
  vcpu: z.string(),
  pmus: z.array(z.string()),
  attributes,
});

const vm: z.ZodType<VmSection> = z.object({
  ipaMaximum: countSchema,
  ipaSizes: z.array(z.tuple([countSchema, z.string()])),
  enable: z.array(z.tuple([z.string(), z.string()])),
});

const ordering: z.ZodType<OrderingSection> = z.object({
  ran: z.string(),
  trials: z.array(
    z.object({
      id: z.string(),
      calls: z.array(z.string()),
      outcome: z.string(),
      reads: z.exactOptional(z.string()),
      of: z.exactOptional(z.array(z.string())),
    }),
  ),
});

/** What a guest read, or how it faulted, in words. */
const read = z.string();
const observed: z.ZodType<ObservedSection> = z.object({
  vcpu: z.string(),
  gic: z.string(),
  ended: z.record(z.string(), z.string()),
  registers: z.array(z.tuple([hexTextSchema, read])).superRefine(uniqueBy(([id]) => `register ${id}`, null)),
  frames: z.array(z.tuple([z.string(), read])).superRefine(uniqueBy(([name]) => `register ${name}`, null)),
  writable: z.array(z.tuple([z.string(), hexTextSchema, read])),
  calls: z.array(z.tuple([z.string(), z.string(), read]).rest(z.string())),
  vectorLengths: read,
  counters: z.object({ advance: z.string(), rate: z.string() }),
});

export const ARM64_RULES: Readonly<Record<string, SectionRule>> = {
  vcpus: bySchema(vcpus),
  'id-registers': bySchema(idRegistersSection),
  firmware: bySchema(firmware),
  state: bySchema(state),
  'unlisted-registers': bySchema(unlisted),
  sve: bySchema(sve),
  'vgic-v2': bySchema(gic),
  'vgic-v3': bySchema(gic),
  its: bySchema(gic),
  'vcpu-attributes': bySchema(vcpuAttributes),
  vm: bySchema(vm),
  ordering: bySchema(ordering),
  observed: bySchema(observed),
};
