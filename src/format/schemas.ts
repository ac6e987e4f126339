/** Schemas that several formats share. */
import { z } from 'zod';
import { hex } from '../model/index.ts';
import type { Architecture, Json } from '../model/index.ts';

/**
 * `0x1de7` as text: surfaces keep what was measured as the host gave it. `abort`: nothing later looks at a text that is
 * none.
 */
export const hexTextSchema: z.ZodType<string, string> = z.string().regex(/^0x(?:0|[1-9a-f][0-9a-f]*)$/, {
  error: 'expected lower-case hex such as "0x1de7", without padding',
  abort: true,
});

/** `0x1de7` in files, a bigint in memory. */
export const hexSchema: z.ZodType<bigint, string> = z.codec(hexTextSchema, z.bigint(), {
  decode: (text) => BigInt(text),
  encode: (value) => hex(value),
});

export const fingerprintSchema: z.ZodType<string, string> = z
  .string()
  .regex(/^sha256:[0-9a-f]{64}$/, 'expected "sha256:" and 64 hex digits');

export const architectureSchema: z.ZodType<Architecture, Architecture> = z.enum(['x86_64', 'arm64']);

/** Whatever JSON.parse gave: it can give nothing else. */
export const jsonSchema: z.ZodType<Json, Json> = z.custom<Json>((value) => value !== undefined);

export const countSchema: z.ZodType<number, number> = z.number().int().nonnegative();
