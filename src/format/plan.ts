/** The schema of `evenkeel.plan/1`: what `contract plan -o json` writes. 64-bit values stay hex, as the executor takes them. */
import { z } from 'zod';
import { PLAN_FORMAT } from '../model/index.ts';
import type { Hex, Plan, PlanCall, PlanCpuidEntry, PlanDevice, PlanRead, PlanStep, PlanWord } from '../model/index.ts';
import { architectureSchema, countSchema, fingerprintSchema } from './schemas.ts';

const hexText: z.ZodType<Hex> = z.templateLiteral(['0x', z.string().regex(/^(?:0|[1-9a-f][0-9a-f]*)$/)]);
const number32 = z.number().int().min(0).max(0xffff_ffff);
const device: z.ZodType<PlanDevice> = z.enum(['vgic-v2', 'vgic-v3', 'its']);
const register = z.enum(['eax', 'ebx', 'ecx', 'edx']);
const attribute = { group: number32, attribute: hexText };

const cpuidEntry: z.ZodType<PlanCpuidEntry> = z.strictObject({
  function: number32,
  index: number32,
  flags: number32,
  eax: hexText,
  ebx: hexText,
  ecx: hexText,
  edx: hexText,
});

const call: z.ZodType<PlanCall> = z.discriminatedUnion('call', [
  z.strictObject({ call: z.literal('KVM_CREATE_VM'), machineType: countSchema }),
  z.strictObject({
    call: z.literal('KVM_ENABLE_CAP'),
    on: z.enum(['vm', 'vcpu']),
    capability: z.string(),
    args: z.tuple([hexText, hexText, hexText, hexText]),
  }),
  z.strictObject({
    call: z.literal('KVM_X86_SET_MSR_FILTER'),
    deny: z.array(z.strictObject({ base: number32, count: countSchema })).describe('neither read nor written'),
  }),
  z.strictObject({
    call: z.literal('KVM_SET_PMU_EVENT_FILTER'),
    action: z.enum(['allow', 'deny']),
    events: z.array(hexText),
  }),
  z.strictObject({ call: z.literal('KVM_CREATE_IRQCHIP') }),
  z.strictObject({ call: z.literal('KVM_CREATE_VCPU'), id: countSchema }),
  z.strictObject({ call: z.literal('KVM_SET_CPUID2'), entries: z.array(cpuidEntry) }),
  z.strictObject({
    call: z.literal('KVM_SET_MSRS'),
    msrs: z.array(z.strictObject({ index: number32, value: hexText })),
  }),
  z.strictObject({ call: z.literal('KVM_SET_TSC_KHZ'), khz: countSchema }),
  z.strictObject({ call: z.literal('KVM_CREATE_DEVICE'), device }),
  z.strictObject({ call: z.literal('KVM_ARM_VCPU_INIT'), features: z.array(countSchema) }),
  z.strictObject({ call: z.literal('KVM_ARM_VCPU_FINALIZE'), feature: countSchema }),
  z.strictObject({ call: z.literal('KVM_SET_ONE_REG'), id: hexText, value: hexText }),
  z.strictObject({
    call: z.literal('KVM_SET_DEVICE_ATTR'),
    on: z.enum(['vm', 'vcpu', 'vgic-v2', 'vgic-v3', 'its']),
    ...attribute,
    bytes: z.literal([0, 4, 8]),
    value: hexText,
  }),
]);

const read: z.ZodType<PlanRead> = z.discriminatedUnion('call', [
  z.strictObject({ call: z.literal('KVM_GET_CPUID2'), function: number32, index: number32, register }),
  z.strictObject({ call: z.literal('KVM_GET_MSRS'), index: number32 }),
  z.strictObject({ call: z.literal('KVM_GET_LAPIC'), offset: countSchema }),
  z.strictObject({ call: z.literal('KVM_GET_TSC_KHZ') }),
  z.strictObject({ call: z.literal('KVM_GET_ONE_REG'), id: hexText }),
  z.strictObject({ call: z.literal('KVM_HAS_DEVICE_ATTR'), on: z.literal('vcpu'), ...attribute }),
  z.strictObject({
    call: z.literal('KVM_GET_DEVICE_ATTR'),
    on: z.enum(['vcpu', 'vgic-v2', 'vgic-v3', 'its']),
    ...attribute,
    bytes: z.literal([4, 8]),
  }),
]);

const step: z.ZodType<PlanStep> = z.strictObject({
  phase: z.string(),
  rule: z.string().describe('the ordering rule that puts it here'),
  call,
  selects: z
    .array(z.strictObject({ element: z.string(), value: hexText }))
    .describe('what the host does not show by default'),
});

const word: z.ZodType<PlanWord> = z.strictObject({
  word: z.string(),
  width: countSchema,
  value: hexText,
  mask: hexText,
  step: countSchema.nullable().describe('index into steps'),
  read: read.nullable().describe('null where no call reads it back'),
  unread: z.enum(['call', 'default', 'none']).exactOptional(),
  neutral: z.exactOptional(hexText),
  doubt: z.string().exactOptional(),
  unplanned: z.string().exactOptional(),
});

export const planSchema: z.ZodType<Plan> = z
  .strictObject({
    format: z.literal(PLAN_FORMAT),
    architecture: architectureSchema,
    contract: z.string().describe('its name'),
    surface: fingerprintSchema,
    steps: z.array(step).describe('in order'),
    words: z.array(word).describe('every promised word, and carried ones that the host does not list'),
    notes: z.array(z.string()),
    caveats: z.array(z.string()),
  })
  .meta({ title: PLAN_FORMAT, description: "The calls that make a contract's machine on one host, in order." });
