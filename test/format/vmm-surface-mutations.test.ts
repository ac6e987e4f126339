/** A VMM surface with anything in any place: it is refused with its place, or what it holds can be used. */
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { recordedVmms } from '../../src/cli/recorded.ts';
import { toDocument, vmmFingerprint, vmmSurfaceText } from '../../src/format/index.ts';
import { compatProperties, cpuProperties, dumpedMachines, expandedModel, vmstateDump } from '../../src/model/index.ts';
import type { Json, VmmSurface } from '../../src/model/index.ts';

type Tree = Record<string, Json>;

const path = recordedVmms().find(({ name }) => name === 'vmm/qemu-10.0/x86_64')?.path ?? '';
const whole = JSON.parse(readFileSync(path, 'utf8')) as VmmSurface;

const sections = only(whole.vmstate.dumps[0]?.sections ?? {}, ['e1000', 'nvme', 'fw_cfg']);

/** Enough of a recorded one to have a row of every kind. */
const small = JSON.stringify({
  ...whole,
  machines: only(whole.machines, ['pc-q35-9.1', 'pc-q35-9.2', 'pc-q35-10.0', 'none']),
  cpu: {
    ...whole.cpu,
    models: only(whole.cpu.models, ['base', 'EPYC', 'EPYC-v1', 'host']),
    properties: whole.cpu.properties.map(({ models, properties }) => ({ models, properties: properties.slice(0, 5) })),
  },
  vmstate: {
    descriptions: only(whole.vmstate.descriptions, [
      ...Object.values(sections).flatMap(({ description }) => reached(description)),
    ]),
    dumps: [{ machines: ['none', 'pc-q35-10.0'], sections }],
    failed: whole.vmstate.failed,
  },
});

/** A description and all that it consists of. */
function reached(id: string): readonly string[] {
  const { fields = [], subsections = [] } = whole.vmstate.descriptions[id] ?? {};
  const parts = fields.flatMap(({ description }) => description ?? []);
  return [id, ...[...parts, ...subsections].flatMap(reached)];
}

function only<T>(record: Readonly<Record<string, T>>, names: readonly string[]): Record<string, T> {
  return Object.fromEntries(Object.entries(record).filter(([name]) => names.includes(name)));
}

/** Walks down by the numbers, and puts `value` where they end; undefined: takes it away. */
function mutate(root: Tree, steps: readonly number[], value: Json | undefined): void {
  let at: Tree = root;
  for (const [index, step] of steps.entries()) {
    const keys = Object.keys(at);
    const key = keys[step % Math.max(1, keys.length)];
    if (key === undefined) return;
    const inner = at[key];
    if (index === steps.length - 1 || typeof inner !== 'object' || inner === null) {
      if (value === undefined) delete at[key];
      else at[key] = value;
      return;
    }
    at = inner as Tree;
  }
}

test('any value in any place', () => {
  const values = fc.oneof(
    fc.constantFrom<Json | undefined>(
      undefined,
      null,
      '',
      'none',
      'EPYC',
      'PCIDevice',
      '__proto__',
      -1,
      1e300,
      [],
      {},
      true,
    ),
    fc.jsonValue({ maxDepth: 2 }) as fc.Arbitrary<Json>,
  );
  let taken = 0;
  fc.assert(
    fc.property(fc.array(fc.nat(997), { minLength: 1, maxLength: 8 }), values, (steps, value) => {
      const json = JSON.parse(small) as Tree;
      mutate(json, steps, value);
      const read = toDocument('file.json', json);
      if (!read.ok) {
        expect(read.error.place).not.toBeNull();
        return;
      }
      if (read.value.kind !== 'vmm-surface') return;
      taken++;
      const { surface } = read.value;
      for (const machine of dumpedMachines(surface)) expect(vmstateDump(surface, machine)).not.toBeNull();
      for (const machine of Object.keys(surface.machines)) compatProperties(surface, machine);
      for (const model of Object.keys(surface.cpu.models)) {
        expandedModel(surface, model);
        cpuProperties(surface, model);
      }
      expect(vmmFingerprint(surface)).toMatch(/^sha256:/);
      const text = vmmSurfaceText(surface);
      const again = toDocument('file.json', JSON.parse(text) as Json);
      expect(again.ok && again.value.kind === 'vmm-surface' && vmmSurfaceText(again.value.surface)).toBe(text);
    }),
    { numRuns: 500 },
  );
  // Both ways have to be seen: a free text may become another.
  expect(taken).toBeGreaterThan(0);
});
