/**
 * libvirt itself as the judge: a libvirtd of the machine, and others that EVENKEEL_LIBVIRT_ROOTS names (directories into which
 * libvirt and QEMU were unpacked, separated by colons).
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { TestContext } from 'vitest';
import { CORPUS } from '../../../scripts/agreement/libvirt/corpus.ts';
import { measure, registryFor } from '../../../src/arch/index.ts';
import { check, pin } from '../../../src/engine/index.ts';
import { parseJson, toDocument } from '../../../src/format/index.ts';
import { bitsOf } from '../../../src/interop/libvirt/bits.ts';
import { exportLibvirt, readLibvirt, readX86Map } from '../../../src/interop/libvirt/index.ts';
import type { X86Map } from '../../../src/interop/libvirt/index.ts';
import { fieldMask } from '../../../src/model/index.ts';
import type { Contract, MeasuredSurface, Verdict } from '../../../src/model/index.ts';
import { startLibvirtd, whyNoLibvirtd } from './libvirtd.ts';
import type { Libvirtd } from './libvirtd.ts';

const ROOTS = ['/', ...(process.env['EVENKEEL_LIBVIRT_ROOTS'] ?? '').split(':').filter((root) => root !== '')];
const SURFACES = new URL('../../../surfaces/x86_64/', import.meta.url);
const registry = registryFor('x86_64');
const SLOW = 300_000;
/** Of libxml2-utils. */
const XMLLINT = 'xmllint';

interface Subject {
  readonly name: string;
  readonly contract: Contract;
}

describe.each(ROOTS)('libvirt below %s', (root) => {
  const share = join(root, 'usr/share/libvirt');
  const map = join(share, 'cpu_map');
  const why = whyNoLibvirtd(root) ?? (existsSync(map) ? null : `there is no ${map}`);
  const directory = mkdtempSync(join(tmpdir(), 'evenkeel-libvirt-test-'));
  let daemon: Libvirtd | null = null;

  beforeAll(async () => {
    if (why === null) daemon = await startLibvirtd({ root });
  }, SLOW);
  afterAll(async () => {
    await daemon?.stop();
    rmSync(directory, { recursive: true, force: true });
  });

  function running(context: TestContext): Libvirtd {
    if (why !== null) context.skip(why);
    if (daemon === null) throw new Error('libvirtd does not run');
    return daemon;
  }

  function file(name: string, text: string): string {
    const path = join(directory, name);
    writeFileSync(path, text);
    return path;
  }

  function contractIn(xml: string): Contract {
    const read = readLibvirt(xml, 'guest', map);
    if (!read.ok) throw new Error(JSON.stringify(read.error));
    if (read.value.kind !== 'contract') throw new Error('this is a surface');
    return read.value.contract;
  }

  /** What this libvirt's QEMU gives a guest without KVM. */
  function hypervisor(libvirt: Libvirtd): MeasuredSurface {
    const read = readLibvirt(libvirt.virsh('domcapabilities', '--virttype', 'qemu').stdout, 'host', map);
    if (!read.ok || read.value.kind !== 'surface') throw new Error(JSON.stringify(read));
    return measure(read.value.surface);
  }

  function own(libvirt: Libvirtd): Contract {
    const pinned = pin(registry, [hypervisor(libvirt)], { name: 'own', hosts: [''] });
    if (!pinned.ok) throw new Error(pinned.error.message);
    return pinned.value;
  }

  /** The recorded surfaces, and what libvirt's own test data has that this map has names for. */
  function subjects(): readonly Subject[] {
    const recorded = readdirSync(SURFACES).flatMap((cpu) =>
      readdirSync(new URL(`${cpu}/`, SURFACES)).map((kernel): Subject => {
        const path = new URL(`${cpu}/${kernel}`, SURFACES);
        const json = parseJson(kernel, readFileSync(path));
        const document = json.ok ? toDocument(kernel, json.value) : json;
        if (!document.ok || document.value.kind !== 'surface') throw new Error(`${cpu}/${kernel} is no surface`);
        const pinned = pin(registry, [measure(document.value.surface)], { name: cpu, hosts: [''] });
        if (!pinned.ok) throw new Error(pinned.error.message);
        return { name: `${cpu}/${kernel}`, contract: pinned.value };
      }),
    );
    const corpus = existsSync(CORPUS) ? readdirSync(CORPUS).filter((name) => /-(guest|json)\.xml$/.test(name)) : [];
    const read = corpus.flatMap((name): Subject[] => {
      const whole = readFileSync(`${CORPUS}${name}`, 'utf8').replace("match='exact'", "match='exact' check='full'");
      const found = readLibvirt(whole, name, map);
      return found.ok && found.value.kind === 'contract' ? [{ name, contract: found.value.contract }] : [];
    });
    return [...recorded, ...read];
  }

  function exportOf(contract: Contract, model?: string): string {
    const made = exportLibvirt(registry, contract, { map, model });
    if (!made.ok) throw new Error(made.error.message);
    return made.value.artefact.text;
  }

  /** Words whose promised bits differ where both say something. */
  function differences(a: Contract, b: Contract): readonly string[] {
    const words = new Map(b.promises.map((promised) => [promised.word, promised]));
    return a.promises.flatMap(({ word, value, mask }) => {
      const other = words.get(word);
      return other !== undefined && ((other.value ^ value) & other.mask & mask) !== 0n ? [word] : [];
    });
  }

  test(
    'takes every exported definition, by its schema and by define, and gives it back as it was',
    (context) => {
      const libvirt = running(context);
      const hasLint = spawnSync(XMLLINT, ['--version']).status === 0;
      for (const { name, contract } of subjects()) {
        const text = exportOf(contract);
        const cpu = file('cpu.xml', text.slice(0, text.indexOf('</cpu>') + '</cpu>\n'.length));
        if (hasLint) {
          const valid = spawnSync(XMLLINT, ['--noout', '--relaxng', join(share, 'schemas/cpu.rng'), cpu], {
            encoding: 'utf8',
          });
          expect([name, valid.status, valid.stderr]).toEqual([name, 0, expect.stringContaining('validates')]);
        }
        const defined = libvirt.virsh('define', '--validate', file('domain.xml', domain(text)));
        expect([name, defined.stderr]).toEqual([name, '']);
        const back = contractIn(libvirt.virsh('dumpxml', '--inactive', 'evenkeel').stdout);
        expect([name, differences(contract, back)]).toEqual([name, []]);
        libvirt.virsh('undefine', 'evenkeel');
      }
    },
    SLOW,
  );

  test(
    'compares each with its hypervisor as a check does',
    (context) => {
      const libvirt = running(context);
      const host = hypervisor(libvirt);
      const answers = new Set<string>();
      for (const { name, contract } of [...subjects(), ...variations(own(libvirt))]) {
        const cpu = file('cpu.xml', withoutHidden(exportOf(contract), map));
        const said = libvirt.virsh('hypervisor-cpu-compare', '--virttype', 'qemu', cpu);
        const theirs = /superset|identical|incompatible/.exec(said.stdout + said.stderr)?.[0];
        const ours = answerOf(check(registry, contract, host), readFileSync(cpu, 'utf8'), map);
        expect([name, ours]).toEqual([name, theirs]);
        answers.add(theirs ?? '');
      }
      expect(answers).toEqual(new Set(['superset', 'identical', 'incompatible']));
    },
    SLOW,
  );

  test(
    'starts a guest by it, whatever the model, and the guest has what was promised',
    (context) => {
      const libvirt = running(context);
      const promised = own(libvirt);
      const smaller = variations(promised).filter(({ name }) => name.startsWith('without'));
      const guests: readonly (readonly [string, string])[] = [
        ...['qemu64', 'Haswell-noTSX', 'EPYC-Rome'].map((model) => [model, exportOf(promised, model)] as const),
        ...smaller.slice(0, 3).map(({ name, contract }) => [name, exportOf(contract)] as const),
      ];
      for (const [at, [name, text]] of guests.entries()) {
        libvirt.virsh('define', '--validate', file('domain.xml', domain(text)));
        expect([name, libvirt.virsh('start', 'evenkeel').stderr]).toEqual([name, '']);
        const live = contractIn(libvirt.virsh('dumpxml', 'evenkeel').stdout);
        const wanted = at < 3 ? promised : (smaller[at - 3]?.contract ?? promised);
        expect([name, differences(wanted, live)]).toEqual([name, []]);
        libvirt.virsh('destroy', 'evenkeel');
        libvirt.virsh('undefine', 'evenkeel');
      }
    },
    SLOW,
  );

  test('knows no guest that has a feature which its hypervisor lacks', (context) => {
    const libvirt = running(context);
    const [more] = variations(own(libvirt)).filter(({ name }) => name.startsWith('with '));
    if (more === undefined) throw new Error('this hypervisor has every feature');
    libvirt.virsh('define', '--validate', file('domain.xml', domain(exportOf(more.contract))));
    expect(libvirt.virsh('start', 'evenkeel').stderr).toMatch(/doesn't match specification: missing features/);
    libvirt.virsh('undefine', 'evenkeel');
  });
});

/** A guest of QEMU's emulation that has the definition and little else. */
function domain(parts: string): string {
  return `<domain type='qemu'><name>evenkeel</name><memory unit='MiB'>64</memory><vcpu>1</vcpu>
<os><type arch='x86_64' machine='pc'>hvm</type></os>
${parts}</domain>`;
}

/**
 * libvirt compares with everything that its hypervisor has. Its domain capabilities keep back what is not to migrate, and what
 * QEMU makes of the topology: here that is said to be off, so that both speak of the same.
 */
function withoutHidden(text: string, directory: string): string {
  const kept = [...mapIn(directory).features.values()].filter(
    ({ name, migratable }) => (!migratable || name === 'cmp_legacy') && !text.includes(`name='${name}'`),
  );
  const off = kept.map(({ name }) => `  <feature policy='disable' name='${name}'/>\n`);
  return text.slice(0, text.indexOf('</cpu>') + '</cpu>\n'.length).replace('</cpu>', `${off.join('')}</cpu>`);
}

function mapIn(directory: string): X86Map {
  const map = readX86Map(directory);
  if (!map.ok) throw new Error(map.error.message);
  return map.value;
}

/** The contract, and others that have a feature less or more: every eighth bit in turn. */
function variations(contract: Contract): readonly Subject[] {
  const feature = /^cpuid\/0x(1:0\/ecx|7:0\/e[bcd]x|80000001:0\/ecx)$/;
  const varied = contract.promises.filter(({ word }) => feature.test(word));
  return [
    { name: 'own', contract },
    ...varied.flatMap(({ word, value, mask }) =>
      Array.from({ length: 32 }, (_, at) => 1n << BigInt(at))
        .filter((bit) => (mask & bit) !== 0n)
        .filter((_, at) => at % 8 === 3)
        .map((bit): Subject => {
          const promises = contract.promises.map((each) =>
            each.word === word ? { ...each, value: each.value ^ bit } : each,
          );
          const what = (value & bit) === 0n ? 'with' : 'without';
          return { name: `${what} ${word} ${bit.toString(16)}`, contract: { ...contract, promises } };
        }),
    ),
  ];
}

/**
 * What a check says, in libvirt's words. For libvirt a feature that the definition turns off is no difference: `superset` means
 * that the hypervisor has one of which the definition says nothing.
 */
function answerOf({ reasons }: Verdict, definition: string, directory: string): string {
  if (reasons.some(({ rule }) => rule === 'incomparable')) return 'incompatible';
  const known = reasons.filter(
    ({ level, area }) =>
      (level === 'refused' || level === 'selectable') && (area === 'cpuid' || area === 'feature-msr'),
  );
  if (known.some(({ level }) => level === 'refused')) return 'incompatible';
  const off = [...definition.matchAll(/policy='disable' name='([^']+)'/g)].map(([, name]) => name ?? '');
  const turnedOff = bitsOf(mapIn(directory).features, off);
  const besides = known.filter(({ element, word = '' }) => {
    const field = registry.elements(word, word.startsWith('msr/') ? 64 : 32).find(({ path }) => path === element);
    return field !== undefined && (fieldMask(field) & ~(turnedOff.get(word) ?? 0n)) !== 0n;
  });
  return besides.length === 0 ? 'identical' : 'superset';
}
