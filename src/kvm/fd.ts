/**
 * Wrappers for the four kinds of fd. `Fd<K>` takes only ioctls whose row names its kind, and each call takes only the
 * struct that the row names: a wrong fd or a wrong struct does not compile.
 */
import { ok, err } from '../model/result.ts';
import type { Result } from '../model/result.ts';
import type { Argument, FdKind, Ioctl } from './ioctl.ts';
import { argumentSize, requestCode } from './ioctl.ts';
import { kvmError } from './error.ts';
import type { KvmError } from './error.ts';
import type { Libc } from './libc.ts';
import { allocate, read, write } from './struct.ts';
import type { Fields, FlexibleArray, Struct, Value } from './struct.ts';

type StructArgument<N extends string, F extends Fields> = { readonly kind: 'struct'; readonly layout: Struct<N, F> };
type FlexibleArgument<H extends Fields, E extends Fields> = {
  readonly kind: 'flexible';
  readonly layout: FlexibleArray<string, H, E>;
};

const E2BIG = 7;
const ENOMEM = 12;
/** Beyond any list a kernel has given so far (arm64 with SVE: some 600 registers); a kernel that asks for more is broken. */
const MAXIMUM_ENTRIES = 65536;

/** How many ioctls went through a process's wrappers; the probe reports it and the bench compares it. */
export interface CallCounter {
  calls: number;
}

export class Fd<K extends FdKind> {
  readonly kind: K;
  readonly number: number;
  protected readonly libc: Libc;
  protected readonly counter: CallCounter;
  #open = true;

  constructor(kind: K, number: number, libc: Libc, counter: CallCounter) {
    this.kind = kind;
    this.number = number;
    this.libc = libc;
    this.counter = counter;
  }

  /** An ioctl whose argument is an integer or nothing; gives the ioctl's return value. */
  integer<A extends { readonly kind: 'integer' } | { readonly kind: 'none' }>(
    ioctl: Ioctl<K, A>,
    argument: A extends { readonly kind: 'none' } ? 0 : number | bigint,
  ): Result<number, KvmError> {
    this.counter.calls++;
    const returned = this.libc.ioctlInteger(this.number, requestCode(ioctl), argument);
    if (returned < 0) return err(kvmError('ioctl', ioctl.name, String(argument), this.libc.errno()));
    return ok(returned);
  }

  /** KVM_ARM_VCPU_FINALIZE's form: an int behind a pointer. */
  pointerToInt(ioctl: Ioctl<K, { readonly kind: 'pointer-to-int' }>, argument: number): Result<number, KvmError> {
    const buffer = new Uint8Array(4);
    new DataView(buffer.buffer).setInt32(0, argument, true);
    return this.raw(ioctl, buffer, String(argument));
  }

  /** An ioctl that reads and writes a struct: sends `value`, gives the struct as the kernel left it. */
  struct<N extends string, F extends Fields>(
    ioctl: Ioctl<K, StructArgument<N, F>>,
    value: Partial<Value<F>>,
    detail: string = '',
  ): Result<Value<F>, KvmError> {
    const buffer = allocate(ioctl.argument.layout, value);
    const done = this.raw(ioctl, buffer, detail);
    return done.ok ? ok(read(ioctl.argument.layout, buffer)) : done;
  }

  /** Like `struct`, for calls whose return value is the answer (KVM_CREATE_DEVICE aside, which fills its struct). */
  structReturning<N extends string, F extends Fields>(
    ioctl: Ioctl<K, StructArgument<N, F>>,
    value: Partial<Value<F>>,
    detail: string = '',
  ): Result<number, KvmError> {
    return this.raw(ioctl, allocate(ioctl.argument.layout, value), detail);
  }

  /**
   * An ioctl that fills a flexible array. Begins with room for `capacity` entries and grows while the kernel says
   * E2BIG (or ENOMEM with a larger count, as KVM_GET_EMULATED_CPUID may).
   */
  list<H extends Fields, E extends Fields>(
    ioctl: Ioctl<K, FlexibleArgument<H, E>>,
    capacity: number = 64,
  ): Result<Value<E>[], KvmError> {
    const { layout } = ioctl.argument;
    for (let room = capacity; ;) {
      const buffer = new Uint8Array(layout.header.size + room * layout.entry.size);
      writeCount(layout, buffer, room);
      const done = this.raw(ioctl, buffer, `room for ${room}`);
      const count = readCount(layout, buffer);
      if (done.ok) return ok(readEntries(layout, buffer, Math.min(count, room)));
      const tooSmall = done.error.errno === E2BIG || (done.error.errno === ENOMEM && count > room);
      if (!tooSmall || room >= MAXIMUM_ENTRIES) return done;
      room = Math.min(MAXIMUM_ENTRIES, count > room ? count : room * 2);
    }
  }

  /** Sends entries in a flexible array; gives the return value and the entries as the kernel left them. */
  entries<H extends Fields, E extends Fields>(
    ioctl: Ioctl<K, FlexibleArgument<H, E>>,
    entries: readonly Partial<Value<E>>[],
    detail: string = `${entries.length} entries`,
  ): Result<{ readonly returned: number; readonly entries: Value<E>[] }, KvmError> {
    const { layout } = ioctl.argument;
    const buffer = new Uint8Array(layout.header.size + entries.length * layout.entry.size);
    writeCount(layout, buffer, entries.length);
    entries.forEach((entry, index) => {
      write(layout.entry, buffer, entry, layout.header.size + index * layout.entry.size);
    });
    const done = this.raw(ioctl, buffer, detail);
    return done.ok ? ok({ returned: done.value, entries: readEntries(layout, buffer, entries.length) }) : done;
  }

  /**
   * Passes a buffer as it is, of whatever size the caller has learned that the kernel wants (XSAVE2, nested state). It
   * must hold at least the struct of the row: the kernel would write behind a shorter one.
   */
  raw(ioctl: Ioctl<K, Argument>, buffer: Uint8Array, detail: string): Result<number, KvmError> {
    const least = argumentSize(ioctl.argument);
    if (buffer.length < least) throw new RangeError(`${ioctl.name} takes ${least} bytes, not ${buffer.length}`);
    this.counter.calls++;
    const returned = this.libc.ioctlBuffer(this.number, requestCode(ioctl), buffer);
    if (returned < 0) return err(kvmError('ioctl', ioctl.name, detail, this.libc.errno()));
    return ok(returned);
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.libc.close(this.number);
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

function writeCount<H extends Fields>(layout: FlexibleArray<string, H>, buffer: Uint8Array, count: number): void {
  const field = layout.header.fields[layout.count];
  const view = new DataView(buffer.buffer, buffer.byteOffset);
  if (field?.kind === 'u64') view.setBigUint64(field.offset, BigInt(count), true);
  else view.setUint32(field?.offset ?? 0, count, true);
}

function readCount<H extends Fields>(layout: FlexibleArray<string, H>, buffer: Uint8Array): number {
  return Number(read(layout.header, buffer)[layout.count]);
}

function readEntries<E extends Fields>(
  layout: FlexibleArray<string, Fields, E>,
  buffer: Uint8Array,
  count: number,
): Value<E>[] {
  return Array.from({ length: count }, (_, index) =>
    read(layout.entry, buffer, layout.header.size + index * layout.entry.size),
  );
}
