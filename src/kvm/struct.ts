/**
 * C structs as data: a layout is a size and, for each field, an offset and a width. `read` and `write` go through a
 * DataView in little-endian order, which is the byte order of both architectures' KVM interface.
 */
export type FieldKind = 'u8' | 'u16' | 'u32' | 'u64' | 's32' | 'bytes';

export interface Field<K extends FieldKind = FieldKind> {
  readonly kind: K;
  /** Bytes from the start of the struct. */
  readonly offset: number;
  /** Bytes. */
  readonly size: number;
}

export type Fields = Readonly<Record<string, Field>>;

type ValueOf<K extends FieldKind> = K extends 'u64' ? bigint : K extends 'bytes' ? Uint8Array : number;

/** The TypeScript value of a struct: u64 as bigint, byte arrays as Uint8Array, all else as number. */
export type Value<F extends Fields> = { -readonly [N in keyof F]: ValueOf<F[N]['kind']> };

export interface Struct<Name extends string = string, F extends Fields = Fields> {
  readonly name: Name;
  /** Bytes, as `sizeof` gives them. */
  readonly size: number;
  readonly fields: F;
}

/** A struct that ends in a flexible array: a header with a count field, and entries. */
export interface FlexibleArray<Name extends string = string, H extends Fields = Fields, E extends Fields = Fields> {
  readonly name: Name;
  readonly header: Struct<string, H>;
  readonly entry: Struct<string, E>;
  /** The header's field that tells the kernel the capacity, and us what it filled. */
  readonly count: string;
}

export const u8 = (offset: number): Field<'u8'> => ({ kind: 'u8', offset, size: 1 });
export const u16 = (offset: number): Field<'u16'> => ({ kind: 'u16', offset, size: 2 });
export const u32 = (offset: number): Field<'u32'> => ({ kind: 'u32', offset, size: 4 });
export const s32 = (offset: number): Field<'s32'> => ({ kind: 's32', offset, size: 4 });
export const u64 = (offset: number): Field<'u64'> => ({ kind: 'u64', offset, size: 8 });
export const bytes = (offset: number, size: number): Field<'bytes'> => ({ kind: 'bytes', offset, size });

export function struct<const Name extends string, const F extends Fields>(
  name: Name,
  size: number,
  fields: F,
): Struct<Name, F> {
  for (const [field, { offset, size: width }] of Object.entries(fields)) {
    if (offset + width > size) throw new RangeError(`${name}.${field} ends behind the struct's ${size} bytes`);
  }
  return { name, size, fields };
}

/** Reads the struct that begins `base` bytes into `buffer`. */
export function read<F extends Fields>(layout: Struct<string, F>, buffer: Uint8Array, base: number = 0): Value<F> {
  const view = new DataView(buffer.buffer, buffer.byteOffset + base, layout.size);
  const value: Record<string, number | bigint | Uint8Array> = {};
  for (const name in layout.fields) value[name] = readField(view, layout.fields[name] as Field);
  // Every field of the layout was read with the type that `Value` gives its kind.
  return value as Value<F>;
}

/** Writes the given fields into the struct that begins `base` bytes into `buffer`; other bytes stay as they are. */
export function write<F extends Fields>(
  layout: Struct<string, F>,
  buffer: Uint8Array,
  value: Partial<Value<F>>,
  base: number = 0,
): void {
  const view = new DataView(buffer.buffer, buffer.byteOffset + base, layout.size);
  for (const name in value) {
    const field: Field | undefined = layout.fields[name];
    const given = value[name];
    if (field === undefined || given === undefined) continue;
    writeField(view, field, given);
  }
}

/** A zeroed buffer of the struct's size with the given fields filled in. */
export function allocate<F extends Fields>(layout: Struct<string, F>, value: Partial<Value<F>> = {}): Uint8Array {
  const buffer = new Uint8Array(layout.size);
  write(layout, buffer, value);
  return buffer;
}

function readField(view: DataView, field: Field): number | bigint | Uint8Array {
  switch (field.kind) {
    case 'u8':
      return view.getUint8(field.offset);
    case 'u16':
      return view.getUint16(field.offset, true);
    case 'u32':
      return view.getUint32(field.offset, true);
    case 's32':
      return view.getInt32(field.offset, true);
    case 'u64':
      return view.getBigUint64(field.offset, true);
    case 'bytes':
      return new Uint8Array(view.buffer, view.byteOffset + field.offset, field.size).slice();
  }
}

function writeField(view: DataView, field: Field, value: number | bigint | Uint8Array): void {
  if (value instanceof Uint8Array) {
    if (value.length > field.size) throw new RangeError(`${value.length} bytes do not fit into ${field.size}`);
    new Uint8Array(view.buffer, view.byteOffset + field.offset, field.size).set(value);
    return;
  }
  switch (field.kind) {
    case 'u8':
      return view.setUint8(field.offset, Number(value));
    case 'u16':
      return view.setUint16(field.offset, Number(value), true);
    case 'u32':
      return view.setUint32(field.offset, Number(value), true);
    case 's32':
      return view.setInt32(field.offset, Number(value), true);
    case 'u64':
      return view.setBigUint64(field.offset, BigInt(value), true);
    case 'bytes':
      throw new TypeError('a byte array is written from a Uint8Array');
  }
}
