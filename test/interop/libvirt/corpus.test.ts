import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { TestContext } from 'vitest';
import { CORPUS, corpusIsHere } from '../../../scripts/agreement/libvirt/corpus.ts';
import { cpuMap } from '../../../scripts/agreement/libvirt/cpu-map.ts';
import { measure, registryFor } from '../../../src/arch/index.ts';
import { promisedMask } from '../../../src/engine/addition-units.ts';
import { pin } from '../../../src/engine/index.ts';
import { exportLibvirt, parseXml, readLibvirt, readX86Map } from '../../../src/interop/libvirt/index.ts';
import type { X86Map } from '../../../src/interop/libvirt/index.ts';
import { minus } from '../../../src/interop/libvirt/bits.ts';
import { readDefinition } from '../../../src/interop/libvirt/definition.ts';
import type { CpuDefinition } from '../../../src/interop/libvirt/definition.ts';
import { namedBits } from '../../../src/interop/libvirt/x86-cpu-bits.ts';
import { describe as described } from '../../../src/interop/libvirt/x86-describe.ts';
import { wantedOf } from '../../../src/interop/libvirt/x86-wanted.ts';
import type { Contract, Promised } from '../../../src/model/index.ts';

/** libvirt 11.3's, of which the corpus is. */
async function map(context: TestContext): Promise<X86Map> {
  if (!corpusIsHere()) context.skip(`${CORPUS} is not here`);
  const found = await cpuMap(false);
  if (!found.ok) {
    context.skip(found.error);
    throw new Error('skip does not return');
  }
  const read = readX86Map(found.value.directory);
  if (!read.ok) throw new Error(read.error.message);
  return read.value;
}

const files = (ending: RegExp): readonly string[] =>
  existsSync(CORPUS) ? readdirSync(CORPUS).filter((name) => ending.test(name)) : [];

const text = (file: string): string => readFileSync(`${CORPUS}${file}`, 'utf8');

function definition(file: string): CpuDefinition {
  const root = parseXml(text(file));
  const read = root.ok ? readDefinition(root.value) : root;
  if (!read.ok) throw new Error(`${file}: ${read.error.message}`);
  return read.value;
}

describe("libvirt's test data", () => {
  test('a guest CPU is described by the model that libvirt takes for it', async (context) => {
    const known = await map(context);
    const chosen: [string, string, string | undefined][] = [];
    for (const file of files(/-guest\.xml$/)) {
      const dump = readLibvirt(text(file.replace('-guest', '')), '', known.directory);
      if (!dump.ok || dump.value.kind !== 'surface') throw new Error(file);
      const words = [...measure(dump.value.surface).words.values()].map(
        ({ path, width, value }): [string, Promised] => {
          const word = path.replace(/^host-/, '');
          return [word, { word, width, value: value ?? 0n, mask: (1n << BigInt(width)) - 1n }];
        },
      );
      const wanted = wantedOf(new Map(words));
      // A leaf that was not dumped the CPU does not have.
      const found = described({ ...wanted, off: minus(namedBits(known), wanted.on) }, known);
      if (!found.ok) throw new Error(found.error);
      chosen.push([file, found.value.model.name, definition(file).model?.name]);
    }
    expect(chosen.length).toBeGreaterThan(30);
    expect(chosen.filter(([, ours, theirs]) => ours !== theirs)).toEqual([]);
  });

  test('every definition, read as a contract and written again, stands for the same features', async (context) => {
    const known = await map(context);
    const registry = registryFor('x86_64');
    let compared = 0;
    for (const file of files(/-(host|guest|json)\.xml$/)) {
      // The corpus's guests do not say so, and each is all that the guest has.
      const whole = text(file).replace("match='exact'", "match='exact' check='full'");
      const contract = contractOf(whole, known.directory);
      const made = exportLibvirt(registry, contract, { map: known.directory });
      if (!made.ok) throw new Error(`${file}: ${made.error.message}`);
      const again = contractOf(made.value.artefact.text, known.directory);
      const theirs = new Map(again.promises.map((each) => [each.word, each]));
      const differ = contract.promises.filter(({ word, value, mask }) => {
        const other = theirs.get(word) ?? { value: 0n, mask: 0n };
        return ((other.value ^ value) & other.mask & mask) !== 0n || (value & ~other.value & mask) !== 0n;
      });
      expect([file, differ]).toEqual([file, []]);
      compared++;
    }
    expect(compared).toBeGreaterThan(80);
  });
});

/** A host's definition as what a guest with all of it would be promised. */
function contractOf(xml: string, directory: string): Contract {
  const read = readLibvirt(xml, 'corpus', directory);
  if (!read.ok) throw new Error(JSON.stringify(read.error));
  if (read.value.kind === 'contract') return read.value.contract;
  const measured = measure(read.value.surface);
  const words = [...measured.words.values()].map(({ path, width, value, known }): Promised => ({
    word: path.replace(/^host-/, ''),
    width,
    value: value ?? 0n,
    mask: known ?? 0n,
  }));
  const registry = registryFor('x86_64');
  const nobody = pin(registry, [measured], { name: 'host', hosts: [''] });
  if (!nobody.ok) throw new Error(nobody.error.message);
  const promises = words.map((each) => ({
    ...each,
    mask: each.mask & promisedMask(registry, { path: each.word, width: each.width }),
  }));
  return { ...nobody.value, promises };
}
