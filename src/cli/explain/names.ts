/**
 * From what people call a register or a bit to its path: the path itself, its last part (`avx2`, `GICD_IIDR`), the names of
 * manuals and kernel headers (`IA32_XSS`, `KVM_X86_QUIRK_LINT0_REENABLED`, `ID_AA64MMFR2_EL1.NV`, `CPUID.7:EBX[5]`), and
 * those of QEMU, libvirt and /proc/cpuinfo. Case, `-` and `_` make no difference.
 */
import { catalogueFor } from '../../arch/catalogue.ts';
import { registryFor } from '../../arch/index.ts';
import type { Architecture, Element } from '../../model/index.ts';

export interface Target {
  readonly architecture: Architecture;
  /** A word or an element of it. */
  readonly path: string;
  readonly word: string;
  /** Bits of the word. */
  readonly width: number;
}

export type Resolved =
  | { readonly kind: 'found'; readonly target: Target; readonly also: readonly Target[] }
  | { readonly kind: 'ambiguous'; readonly candidates: readonly Target[] }
  | { readonly kind: 'unknown'; readonly near: readonly string[] };

export const ARCHITECTURES: readonly Architecture[] = ['x86_64', 'arm64'];

const normal = (name: string): string => name.toLowerCase().replaceAll('-', '_');

/** A name that is meant by more of us than its rivals: a whole word, then a field's own name, then what programs say. */
type Rank = 0 | 1 | 2;

interface Entry {
  readonly target: Target;
  readonly rank: Rank;
}

/** Names of two that are the same, of which most people mean the first. */
const PREFERRED: readonly (readonly [preferred: string, other: string])[] = [['vgic/v3/', 'vgic/v2/']];

export function resolve(name: string, architectures: readonly Architecture[] = ARCHITECTURES): Resolved {
  const exact = architectures.flatMap((architecture) => byPath(architecture, name));
  const index = indexOf(architectures);
  const entries =
    exact.length > 0 ? exact.map((target): Entry => ({ target, rank: 0 })) : (index.get(normal(name)) ?? []);
  if (entries.length === 0) return { kind: 'unknown', near: nearest(normal(name), index) };
  const best = Math.min(...entries.map(({ rank }) => rank));
  const candidates = entries.filter(({ rank }) => rank === best).map(({ target }) => target);
  const chosen = preferred(candidates);
  if (chosen === null) return { kind: 'ambiguous', candidates };
  return { kind: 'found', target: chosen, also: candidates.filter((candidate) => candidate !== chosen) };
}

/** What a shell may complete: every path and every field's own name that begins so. */
export function* completions(prefix: string): Generator<string> {
  const wanted = normal(prefix);
  for (const architecture of ARCHITECTURES) {
    for (const { path, width } of catalogueFor(architecture).words()) {
      if (normal(path).startsWith(wanted)) yield path;
      for (const element of registryFor(architecture).elements(path, width)) {
        if (!element.named || element.path === path) continue;
        if (normal(element.path).startsWith(wanted)) yield element.path;
        else if (normal(fieldName(element)).startsWith(wanted)) yield fieldName(element);
      }
    }
  }
}

function preferred(candidates: readonly Target[]): Target | null {
  const [first, ...others] = candidates;
  if (first === undefined) return null;
  if (others.length === 0) return first;
  for (const [best, other] of PREFERRED) {
    const chosen = candidates.filter(({ path }) => path.startsWith(best));
    const rest = candidates.filter(({ path }) => !path.startsWith(best));
    if (chosen.length === 1 && rest.every(({ path }) => path.startsWith(other))) return chosen[0] ?? null;
  }
  return null;
}

/** A path, also of a word that no table names as long as a surface may have it; bits as in `cpuid/0x7:0/ebx[5]`. */
function byPath(architecture: Architecture, name: string): Target[] {
  const registry = registryFor(architecture);
  const asked = /^(.*)\[(\d+)\]$/.exec(name);
  const path = registry.canonical(manual(asked?.[1] ?? name));
  const bit = asked === null ? null : Number(asked[2]);
  for (const { path: word, width } of wordsOf(architecture)) {
    if (path !== word && !path.startsWith(`${word}/`)) continue;
    const elements = registry.elements(word, width);
    if (bit !== null) {
      const element =
        path === word ? elements.find(({ shift, width: bits }) => shift <= bit && bit < shift + bits) : undefined;
      return element === undefined ? [] : [{ architecture, path: element.path, word, width }];
    }
    if (path === word || elements.some((element) => element.path === path))
      return [{ architecture, path, word, width }];
  }
  return [];
}

/** `CPUID.7:EBX`, `CPUID.07H.1:EDX`, `CPUID.(EAX=0DH,ECX=1):EAX` as a path; anything else as it is. */
function manual(name: string): string {
  const match =
    /^CPUID\.\(EAX=([0-9a-f]+)h?,\s*ECX=([0-9a-f]+)h?\)[:.](E[ABCD]X)$/i.exec(name) ??
    /^CPUID[.:](?:0x)?([0-9a-f]+)h?(?:[.:](?:0x)?([0-9a-f]+)h?)?[.:](E[ABCD]X)$/i.exec(name);
  if (match === null) return name;
  const [, leaf = '0', subleaf = '0', register = ''] = match;
  const hexadecimal = (text: string): string => Number.parseInt(text, 16).toString(16);
  return `cpuid/0x${hexadecimal(leaf)}:${hexadecimal(subleaf)}/${register.toLowerCase()}`;
}

const wordLists = new Map<Architecture, readonly { readonly path: string; readonly width: number }[]>();

function wordsOf(architecture: Architecture): readonly { readonly path: string; readonly width: number }[] {
  const known = wordLists.get(architecture) ?? catalogueFor(architecture).words();
  wordLists.set(architecture, known);
  return known;
}

function indexOf(architectures: readonly Architecture[]): ReadonlyMap<string, readonly Entry[]> {
  const index = new Map<string, Entry[]>();
  const add = (name: string, entry: Entry): void => {
    const entries = index.get(normal(name)) ?? [];
    if (
      !entries.some(
        ({ target }) => target.path === entry.target.path && target.architecture === entry.target.architecture,
      )
    ) {
      index.set(normal(name), [...entries, entry]);
    }
  };
  for (const architecture of architectures) {
    for (const { path, width } of wordsOf(architecture)) {
      const whole: Entry = { target: { architecture, path, word: path, width }, rank: 0 };
      for (const name of wordNames(path)) add(name, whole);
      for (const element of registryFor(architecture).elements(path, width)) {
        if (!element.named) continue;
        const target: Target = { architecture, path: element.path, word: path, width };
        for (const name of elementNames(element)) add(name, { target, rank: 1 });
        const { aliases } = catalogueFor(architecture).facts(element);
        for (const alias of Object.values(aliases)) add(alias, { target, rank: 2 });
      }
    }
  }
  return index;
}

/** Prefixes of kernel headers by the path that stands for them, and what people leave out. */
const PREFIXES: readonly (readonly [path: string, names: readonly string[]])[] = [
  ['quirk/', ['KVM_X86_QUIRK_', 'KVM_X86_QUIRK2_']],
  ['x2apic/', ['KVM_X2APIC_API_', 'KVM_X2APIC_']],
  ['vcpu/', ['KVM_ARM_VCPU_']],
  ['capability/KVM_CAP_', ['']],
  ['msr/MSR_', ['']],
  ['reg/KVM_REG_ARM_', ['']],
];

function wordNames(path: string): string[] {
  const [area = '', ...rest] = path.split('/');
  const own = rest.join('/');
  const names = [path, own, rest.at(-1) ?? area];
  for (const [prefix, replacements] of PREFIXES) {
    if (path.startsWith(prefix)) names.push(...replacements.map((text) => text + path.slice(prefix.length)));
  }
  // A register of CPUID has no name that a leaf has not too.
  return area === 'cpuid' || area === 'hyperv' ? [path] : names.filter((name) => name !== '');
}

function elementNames(element: Element): string[] {
  if (element.path === element.word) return [];
  const field = fieldName(element);
  return [element.path, field, ...wordNames(element.word).map((word) => `${word}.${field}`)];
}

function fieldName({ path, word }: Pick<Element, 'path' | 'word'>): string {
  return path.slice(word.length + 1);
}

const NEAR = 6;

/** Names that contain what was asked for, then those that differ by few letters. */
function nearest(wanted: string, index: ReadonlyMap<string, readonly Entry[]>): string[] {
  const most = Math.max(1, Math.floor(wanted.length / 4));
  const found = new Map<string, number>();
  for (const [name, entries] of index) {
    const within = name.includes(wanted) ? 0.5 : distance(wanted, name, most);
    if (within > most) continue;
    for (const { target } of entries) found.set(target.path, Math.min(within, found.get(target.path) ?? within));
  }
  return [...found]
    .sort(([a, i], [b, j]) => i - j || a.length - b.length || (a < b ? -1 : 1))
    .slice(0, NEAR)
    .map(([path]) => path);
}

/** Insertions, deletions and changes of a letter that make one text of the other; more than `most` need not be exact. */
function distance(a: string, b: string, most: number): number {
  if (Math.abs(a.length - b.length) > most) return most + 1;
  let row = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const changed = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(changed, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
