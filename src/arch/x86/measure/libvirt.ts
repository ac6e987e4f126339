/**
 * Surfaces that were read from libvirt's XML, which names single bits. Capabilities tell what the CPU has (words of the host,
 * as from a raw dump); domain capabilities tell what QEMU gives a guest of mode 'host-model', and that is the most that it
 * gives there: a feature that is not in it cannot be had, one that is can be turned off.
 */
import { fromHex } from '../../../model/index.ts';
import type {
  Area,
  Hex,
  MeasuredSurface,
  MeasuredWord,
  Rejection,
  Surface,
  WordLatitude,
} from '../../../model/index.ts';
import { areaOf, elements } from '../elements.ts';
import { hostWord } from '../host-cpu.ts';
import { mechanism } from '../operations.ts';
import { hexOf, listOf, record, text } from '../shape.ts';
import type { Shape } from '../shape.ts';
import { readAs } from './reading.ts';

type Row = { readonly word: string; readonly known: Hex; readonly value: Hex };
type Data = { readonly model: string; readonly domain: string; readonly words: readonly Row[] };

const hex64 = hexOf(64);
const DATA: Shape<Data> = record({
  model: text,
  domain: text,
  words: listOf(record<Row>({ word: text, known: hex64, value: hex64 })),
});

const HOST = 'capabilities say what the CPU has, not what KVM gives a guest of it';
const GUEST = "libvirt's domain capabilities tell bits that its CPU map has a name for, and nothing else";
/** libvirt starts no guest that lacks what its definition has (check='full'; virCPUx86UpdateLive). */
const LACKING: Rejection = { how: 'refused', call: 'the start of the domain', errno: 'VIR_ERR_OPERATION_FAILED' };

/** Null for a surface that is not one. */
export function measureLibvirt(surface: Surface, areas: readonly string[]): MeasuredSurface | null {
  const guest = readAs(surface, 'libvirt.guest-features', DATA);
  if (guest.kind === 'measured') return measureGuest(surface, guest, areas);
  const host = readAs(surface, 'libvirt.host-features', DATA);
  return host.kind === 'measured' ? measureHost(surface, host, areas) : null;
}

interface Read {
  readonly data: Data;
  readonly pointer: string;
}

function measureGuest(surface: Surface, { data, pointer }: Read, areas: readonly string[]): MeasuredSurface {
  const words = data.words.map(({ word, known, value }, at): MeasuredWord => ({
    ...wordOf(word, known, value, `${pointer}/words/${at}`),
    latitude: maskable(word, fromHex(value)),
    mechanism: mechanism(word, 'before-first-run'),
  }));
  const told = new Set(words.map(({ path }) => areaOf(path)));
  const area = (name: string): Area =>
    told.has(name)
      ? { name, measured: true, evidence: pointer, partial: GUEST, sparse: true }
      : { name, measured: false, evidence: GUEST };
  const emulated =
    data.domain === 'qemu' ? ["of a guest that QEMU emulates (<domain>qemu</domain>): KVM's are others"] : [];
  return assemble(surface, words, areas.map(area), [GUEST, ...emulated]);
}

/** QEMU clears any feature that it is told to; what is no feature (a vendor) stays. */
function maskable(path: string, value: bigint): WordLatitude {
  const features = elements(path, path.startsWith('msr/') ? 64 : 32)
    .filter(({ kind, width }) => (kind === 'feature' || kind === 'paravirtual') && width === 1)
    .reduce((sum, { shift }) => sum | (1n << BigInt(shift)), 0n);
  return { kind: 'bits', clearable: value & features, settable: 0n, otherwise: LACKING };
}

function measureHost(surface: Surface, { data, pointer }: Read, areas: readonly string[]): MeasuredSurface {
  const words = data.words.map(({ word, known, value }, at) =>
    wordOf(hostWord(word), known, value, `${pointer}/words/${at}`),
  );
  const partial = { partial: GUEST, sparse: true } as const;
  return assemble(
    surface,
    words,
    [
      { name: 'host-cpuid', measured: true, evidence: pointer, ...partial },
      { name: 'host-msr', measured: true, evidence: pointer, ...partial },
      ...areas.map((name): Area => ({ name, measured: false, evidence: HOST })),
    ],
    [`${HOST}: no verdict on it can be better than unknown`],
  );
}

function wordOf(path: string, known: Hex, value: Hex, evidence: string): MeasuredWord {
  return {
    path,
    width: path.includes('msr/') ? 64 : 32,
    value: fromHex(value),
    known: fromHex(known),
    latitude: { kind: 'fixed', otherwise: { how: 'unknown', why: 'it is a property of the CPU' } },
    mechanism: null,
    evidence,
  };
}

function assemble(
  surface: Surface,
  words: readonly MeasuredWord[],
  areas: readonly Area[],
  caveats: readonly string[],
): MeasuredSurface {
  return {
    architecture: surface.architecture,
    fingerprint: surface.fingerprint,
    words: new Map(words.map((word) => [word.path, word])),
    areas: new Map(areas.map((area) => [area.name, area])),
    caveats,
  };
}
