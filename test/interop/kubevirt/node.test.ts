import { describe, expect, test } from 'vitest';
import { QEMU_NAMES } from '../../../src/arch/x86/tables/qemu-names.ts';
import {
  HYPERV_LABELS,
  LABEL_PREFIXES,
  isLabelKey,
  isLabelValue,
  nodeLabels,
  ownLabels,
} from '../../../src/interop/kubevirt/index.ts';
import type { HostLabel, Json, Surface } from '../../../src/model/index.ts';
import { recordings } from '../recorded.ts';

const ALL = await recordings();
const X86 = await recordings('x86_64');

const [SOME] = X86;
if (SOME === undefined) throw new Error('no recorded surface');

const keys = (surface: Surface, prefix: string): string[] =>
  nodeLabels(surface)
    .expected.filter(({ key }) => key.startsWith(prefix))
    .map(({ key }) => key.slice(prefix.length));

describe("the labels of KubeVirt's node-labeller", () => {
  test.each(ALL.map(({ name, surface }) => [name, surface] as const))(
    'of %s are labels that Kubernetes takes',
    (_, surface) => {
      const labels: readonly HostLabel[] = [...nodeLabels(surface).expected, ...ownLabels(surface.fingerprint, [])];
      for (const { key, value } of labels) {
        expect(isLabelKey(key), key).toBe(true);
        expect(isLabelValue(value ?? ''), `${key}=${value}`).toBe(true);
      }
      expect(new Set(labels.map(({ key }) => key)).size).toBe(labels.length);
    },
  );

  test("every name that libvirt has for a feature makes a label's name", () => {
    const names = QEMU_NAMES.flatMap(({ libvirt }) => (libvirt === null ? [] : [libvirt]));
    expect(names.filter((name) => !isLabelKey(`cpu-feature.node.kubevirt.io/${name}`))).toEqual([]);
  });

  test('each prefix is told of, or it is said why not', () => {
    for (const { surface } of X86) {
      const { expected, unknown } = nodeLabels(surface);
      for (const { prefix } of LABEL_PREFIXES) {
        const told = expected.some(({ key }) => key.startsWith(prefix)) || unknown.some(({ key }) => key === prefix);
        // Of a TSC that is not invariant libvirt says nothing, and so does the labeller.
        if (prefix !== 'cpu-timer.node.kubevirt.io/') expect(told, prefix).toBe(true);
      }
    }
  });

  test("none of Evenkeel's own begins like one that the labeller takes away", () => {
    const own = ownLabels(SOME.surface.fingerprint, []);
    expect(own.length).toBeGreaterThan(0);
    for (const { key } of own) {
      expect(LABEL_PREFIXES.filter(({ owned, prefix }) => owned && key.startsWith(prefix))).toEqual([]);
    }
  });

  test('say of Hyper-V what KVM has: a capability that is gone takes its label with it, an MSR its own', () => {
    for (const row of HYPERV_LABELS) {
      const without =
        row.extension === undefined
          ? withoutRow(SOME.surface, 'msr', 'list', 'index', `0x${(row.msr ?? 0).toString(16)}`)
          : withoutRow(SOME.surface, 'capabilities', 'vm', 'name', row.extension);
      const gone = new Set(keys(SOME.surface, 'hyperv.node.kubevirt.io/')).difference(
        new Set(keys(without, 'hyperv.node.kubevirt.io/')),
      );
      expect([...gone], row.name).toEqual([row.name]);
    }
  });

  test('say nothing of what was not measured, and say so', () => {
    const empty: Surface = { ...SOME.surface, sections: {} };
    expect(nodeLabels(empty).expected).toEqual([]);
    expect(
      nodeLabels(empty)
        .unknown.map(({ key }) => key)
        .sort(),
    ).toEqual(LABEL_PREFIXES.map(({ prefix }) => prefix).sort());
  });

  test('a feature of CPUID is there under the name of libvirt, and only where KVM shows it', () => {
    for (const { surface } of X86) {
      const names = keys(surface, 'cpu-feature.node.kubevirt.io/');
      const section = surface.sections['cpuid'];
      if (section?.outcome !== 'measured') throw new Error('no CPUID');
      const text = JSON.stringify(section.data);
      const ebx = /"leaf":"0x7","subleaf":"0x0".*?"ebx":"(0x[0-9a-f]+)"/.exec(text)?.[1] ?? '0x0';
      expect(names.includes('avx2')).toBe((Number(ebx) & 0x20) !== 0);
      expect(names.includes('rtm')).toBe((Number(ebx) & 0x800) !== 0);
    }
  });
});

/** The surface without one row of a list in a section. */
function withoutRow(surface: Surface, name: string, list: string, field: string, value: string): Surface {
  const section = surface.sections[name];
  if (section?.outcome !== 'measured') throw new Error(name);
  const data = section.data as Readonly<Record<string, Json>>;
  const rows = data[list] as readonly Readonly<Record<string, Json>>[];
  const kept = rows.filter((row) => row[field] !== value);
  expect(kept.length).toBe(rows.length - 1);
  return { ...surface, sections: { ...surface.sections, [name]: { ...section, data: { ...data, [list]: kept } } } };
}
