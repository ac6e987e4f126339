/** How a section of a surface is read: as data of its type, or with the reason why there is none. */
import type { Area, Json, MeasuredWord, Surface } from '../../../model/index.ts';
import { X86_SHAPES } from '../sections.ts';
import type { X86Sections } from '../sections.ts';
import type { Shape } from '../shape.ts';

export type Reading<T> =
  | { readonly kind: 'measured'; readonly data: T; readonly pointer: string }
  /** The host said that it has no such thing. */
  | { readonly kind: 'absent'; readonly why: string; readonly pointer: string }
  | { readonly kind: 'unknown'; readonly why: string; readonly pointer: string };

export function readSection<Name extends keyof X86Sections>(surface: Surface, name: Name): Reading<X86Sections[Name]> {
  return readAs(surface, name, X86_SHAPES[name]);
}

export function readAs<T>(surface: Surface, name: string, shape: Shape<T>): Reading<T> {
  const section = surface.sections[name];
  const pointer = `/sections/${name}`;
  if (section === undefined) return { kind: 'unknown', why: `the surface has no section ${name}`, pointer };
  switch (section.outcome) {
    case 'measured': {
      const complaint = shape.check(section.data, `${pointer}/data`);
      if (complaint !== null) return { kind: 'unknown', why: `${complaint.pointer}: ${complaint.message}`, pointer };
      return { kind: 'measured', data: proved(section.data), pointer: `${pointer}/data` };
    }
    case 'absent':
      return { kind: 'absent', why: section.reason, pointer };
    case 'failed':
      return { kind: 'unknown', why: `${section.call}: ${section.errno} (${section.meaning})`, pointer };
    case 'deadline':
      return { kind: 'unknown', why: `no end within ${section.milliseconds} ms, while ${section.during}`, pointer };
    case 'crashed':
      return { kind: 'unknown', why: `${section.reason}, while ${section.during}`, pointer };
  }
}

/** The shape has just been checked, which is what makes the JSON a `T`. */
function proved<T>(data: Json): T {
  return data as T;
}

/** What one area of the machine contributes to a measured surface. */
export interface Part {
  readonly area: Area;
  readonly words: readonly MeasuredWord[];
}

/** The area of a reading: measured also where the host said that there is nothing. */
export function areaFrom(name: string, reading: Reading<unknown>): Area {
  return reading.kind === 'unknown'
    ? { name, measured: false, evidence: reading.why }
    : { name, measured: true, evidence: reading.pointer };
}
