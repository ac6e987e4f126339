/** A guest that real QEMUs start under KVM with the exported arguments reads what the contract promises. */
import { describe, expect, test } from 'vitest';
import { registryFor } from '../../src/arch/index.ts';
import { QEMU_VERSIONS, isSince } from '../../src/arch/vmm/qemu-version.ts';
import type { QemuVersion } from '../../src/arch/vmm/qemu-version.ts';
import { labContext } from '../../src/lab/index.ts';
import { packedGuest, witnessIn } from '../../src/lab/qemu-roundtrip/guest.ts';
import { performQemuJobs } from '../../src/lab/qemu-roundtrip/perform.ts';
import { prepareQemus } from '../../src/lab/qemu-roundtrip/prepare.ts';
import { cachedQemuVersion } from '../../src/lab/qemu-version.ts';
import { promisedMask } from '../../src/engine/addition-units.ts';
import type { GuestView } from '../../src/interop/qemu/import/ask.ts';
import type { KnownWord } from '../../src/interop/qemu/import/known.ts';
import { x86Words } from '../../src/interop/qemu/import/x86.ts';
import { extract, fromHex } from '../../src/model/index.ts';
import type { Contract, Exported, PromisedElement, WordPath } from '../../src/model/index.ts';
import type { QemuJob, QemuJobDone } from '../../src/worker/qemu-job.ts';
import { RECORDED, contractOf, exportOf } from '../interop/qemu/export/contracts.ts';
import { REQUIRED, ready } from './ready.ts';

const MILLISECONDS = 900_000;
const KERNEL = 'debian:6.12';
const CPU = 'epyc-milan';
/** Of some thousand that are promised; the others are of words that the guest does not read. */
const READ_AT_LEAST = 1500;

/** What `contract import` goes by. */
const FIRST = ['feature-words', 'level', 'xlevel', 'family', 'model', 'stepping', 'phys-bits', 'vendor'];
const firstOf = (version: QemuVersion): string[] => [
  ...FIRST,
  ...(isSince(version, '10.0') ? ['guest-phys-bits'] : []),
];
const VCPU = '/machine/unattached/device[0]';

const recorded = RECORDED.find(({ name }) => name === `x86_64/${CPU}/debian-6.12`);
if (recorded === undefined) throw new Error('that surface is not recorded');

interface Case {
  readonly contract: Contract;
  readonly found: Exported;
}

/** The TSC's frequency is measured anew at each boot of an emulated machine. */
function caseOf(version: QemuVersion): Case {
  if (recorded === undefined) throw new Error('no surface');
  const contract = contractOf(recorded, version, ['tsc/khz']);
  return { contract, found: exportOf(contract, { version }) };
}

describe('exported arguments in the lab', () => {
  test('x86_64: guests of four QEMUs read what was promised', { timeout: MILLISECONDS }, async (context) => {
    await ready(context, 'x86_64', KERNEL);
    for (const version of REQUIRED ? [] : QEMU_VERSIONS) {
      const cached = cachedQemuVersion(labContext(), { version, emulates: 'x86_64', runsOn: 'amd64' });
      if (cached === null) context.skip(`QEMU ${version} is not in the lab's cache`);
    }
    const prepared = await prepareQemus(labContext(), { architecture: 'x86_64', kernel: KERNEL });
    if (!prepared.ok) throw new Error(prepared.error.message);
    const guest = packedGuest('x86_64');
    const cases = new Map(QEMU_VERSIONS.map((version) => [version, caseOf(version)]));
    const jobs = [...cases].map(([version, { found }]): QemuJob => ({
      name: version,
      version,
      arguments: [...(found.artefact.arguments ?? []), ...guest.arguments],
      files: Object.fromEntries(Object.keys(guest.files).map((name) => [name, name])),
      guest: guest.guest,
      stream: null,
      rounds: 1,
      ask: firstOf(version).map((property) => ({ execute: 'qom-get', arguments: { path: VCPU, property } })),
      save: false,
    }));
    const request = { kind: 'qemu', architecture: 'x86_64', blobs: guest.files, jobs } as const;
    const options = {
      architecture: 'x86_64',
      cpu: CPU,
      again: true,
      onBoot: () => undefined,
      onJob: () => undefined,
    } as const;
    const performed = await performQemuJobs(labContext(), prepared.value, request, options);
    if (!performed.ok) throw new Error(performed.error.message);
    for (const [version, { contract, found }] of cases) {
      const outcome = performed.value.jobs.get(version);
      if (outcome?.how !== 'done') throw new Error(`QEMU ${version}: ${outcome?.why ?? 'no outcome'}`);
      expect(outcome.done.failure, outcome.done.said.join('\n')).toBeNull();
      const reads = readsOf(outcome.done);
      const right = [...found.set, ...found.inherent].filter(({ word }) => reads.has(word));
      expect(right.length).toBeGreaterThan(READ_AT_LEAST);
      const wrong = right.filter((element) => read(contract, reads, element) !== element.value);
      expect(
        wrong.map(({ element }) => element),
        `QEMU ${version}`,
      ).toEqual([]);
      // What QMP tells of the guest is what the guest reads, too.
      for (const { word, value, known } of toldOf(version, outcome.done)) {
        const mask = known & promisedMask(registryFor('x86_64'), { path: word, width: 32 });
        const seen = reads.get(word);
        if (seen !== undefined) expect(seen & mask, `QEMU ${version}: ${word}`).toBe(value & mask);
      }
      // What it is said to find instead it finds: QEMU's caches, the number of ASIDs.
      const instead = found.cannot.filter(({ word, gives }) => gives !== undefined && reads.has(word));
      expect(instead.length).toBeGreaterThan(5);
      for (const element of instead) expect(read(contract, reads, element), element.element).toBe(element.gives);
    }
  });
});

function readsOf({ failure, memory, said }: QemuJobDone): ReadonlyMap<WordPath, bigint> {
  const { guest } = packedGuest('x86_64');
  const report = memory === null ? null : witnessIn('x86_64', guest, memory);
  const first = report?.vcpus[0]?.first;
  if (first === undefined) throw new Error(`the guest said nothing: ${failure?.text}\n${said.join('\n')}`);
  return new Map(
    first.flatMap(({ path, value }) =>
      value.kind === 'values' && value.values.length === 1 ? [[path, fromHex(value.values[0] ?? '0x0')] as const] : [],
    ),
  );
}

function toldOf(version: QemuVersion, { answers }: QemuJobDone): readonly KnownWord[] {
  const properties = new Map(firstOf(version).map((name, index) => [name, answers[index] ?? null]));
  const guest: GuestView = {
    version: { major: 0, minor: 0, micro: 0, package: '' },
    architecture: 'x86_64',
    name: null,
    machine: '',
    machineProperties: new Map(),
    kvm: true,
    vcpus: [{ path: VCPU, properties }],
  };
  const words = x86Words(guest);
  if (!words.ok) throw new Error(words.error);
  const told = words.value.filter(({ word }) => word.startsWith('cpuid/'));
  expect(told.length).toBeGreaterThan(25);
  return told;
}

/** The field of the word as the guest read it. */
function read(contract: Contract, reads: ReadonlyMap<WordPath, bigint>, { word, element }: PromisedElement): bigint {
  const width = contract.promises.find((promised) => promised.word === word)?.width ?? 64;
  const field = registryFor('x86_64')
    .elements(word, width)
    .find(({ path }) => path === element);
  if (field === undefined) throw new Error(`no element ${element}`);
  return extract(field, reads.get(word) ?? 0n);
}
