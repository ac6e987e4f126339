/** A small snapshot of a real contract and made-up state: large enough that every section is there and packed. */
import { readDocument } from '../../src/format/index.ts';
import { defaultChoices, measure, registryFor } from '../../src/arch/index.ts';
import { pin } from '../../src/engine/index.ts';
import { extentsOf, PAGE } from '../../src/snapshot/memory.ts';
import type { MemoryView } from '../../src/snapshot/memory.ts';
import type { Snapshot } from '../../src/snapshot/file/index.ts';
import { hex } from '../../src/model/index.ts';
import type { SavedState } from '../../src/model/index.ts';

/** Three regions: empty; some pages; one page of noise that does not get smaller. */
export function sampleViews(): readonly MemoryView[] {
  const some = new Uint8Array(8 * PAGE);
  some[0] = 1;
  some.fill(0xf4, 3 * PAGE, 5 * PAGE);
  const noise = new Uint8Array(PAGE);
  for (let at = 0, value = 1; at < PAGE; at++) {
    value = (Math.imul(value, 1_103_515_245) + 12_345) >>> 0;
    noise[at] = value >>> 24;
  }
  return [
    { base: 0n, bytes: new Uint8Array(2 * PAGE) },
    { base: 0x10_0000n, bytes: some },
    { base: 0x1_0000_0000n, bytes: noise },
  ];
}

export const sampleState: SavedState = {
  architecture: 'x86_64',
  units: [
    {
      name: 'vcpu/0/msrs',
      rule: 'x86/msrs',
      call: 'KVM_SET_MSRS',
      data: {
        kind: 'registers',
        registers: [
          { id: '0xc0000080', value: '0xd01' },
          { id: '0x10', value: '0xffffffffffffffff' },
        ],
      },
    },
    {
      name: 'vcpu/0/lapic',
      rule: 'x86/lapic',
      call: 'KVM_SET_LAPIC',
      data: { kind: 'bytes', base64: Buffer.alloc(1024, 7).toString('base64') },
    },
  ],
};

export async function sample(views: readonly MemoryView[] = sampleViews()): Promise<Snapshot> {
  const surface = await readDocument(new URL('../../surfaces/x86_64/max/debian-6.12.json', import.meta.url).pathname);
  if (!surface.ok || surface.value.kind !== 'surface') throw new Error('a recorded surface');
  const measured = measure(surface.value.surface);
  const pinned = pin(registryFor('x86_64'), [measured], {
    name: 'sample',
    hosts: ['debian 6.12'],
    names: ['sample'],
    choices: defaultChoices('x86_64'),
    settings: new Map(),
    except: [],
  });
  if (!pinned.ok) throw new Error(pinned.error.message);
  const { architecture, fingerprint, host } = surface.value.surface;
  return {
    metadata: {
      at: '2026-11-21T08:00:00.000Z',
      by: 'a test',
      command: null,
      guest: { name: 'sample', vcpus: 1, report: { count: 3 } },
      memory: views.map(({ base, bytes }) => ({ base: hex(base), length: bytes.length })),
      environment: {},
    },
    source: { architecture, fingerprint, host },
    contract: pinned.value,
    surface: surface.value.surface,
    plan: null,
    state: sampleState,
    memory: Array.from(extentsOf(views)),
  };
}
