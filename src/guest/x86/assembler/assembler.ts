/**
 * The assembler: one method an instruction, labels with fix-ups, and a listing in Intel syntax that says of every address
 * what stands there. Encodings are in forms.ts and fixed.ts; each instruction's own page in Intel SDM volume 2 has them,
 * and a test holds every form against binutils. Wrong operands are bugs and throw RangeError.
 */
import { encode, littleEndian, rexOf, sizePrefixes } from './encode.ts';
import type { Bits, Piece } from './encode.ts';
import { FIXED } from './fixed.ts';
import type { FixedName } from './fixed.ts';
import { ARITHMETIC, CONDITIONS, EXCHANGES, MEMORY_ONLY, SHIFTS, STRINGS, UNARY } from './forms.ts';
import type { Arithmetic, Condition, Exchange, MemoryOnly, Shift, StringOperation, Unary } from './forms.ts';
import { immediateText, isMemory, memoryText, operandText } from './operands.ts';
import type { Immediate, Label, Memory, RegisterOrMemory } from './operands.ts';
import { CONTROLS, SEGMENTS, registerNumber, registerWidth, systemNumber } from './registers.ts';
import type { Control, Debug, Register, Register16, Register64, Segment, Width } from './registers.ts';

export interface Line {
  readonly address: number;
  readonly bytes: number;
  /** Intel syntax, as objdump -M intel writes it; `.data` for bytes that are none. */
  readonly text: string;
}

interface FixUp {
  readonly offset: number;
  readonly label: Label;
  readonly bytes: 2 | 4 | 8;
  readonly relative: boolean;
}

export class Assembler {
  readonly bits: Bits;
  /** The address at which the program will stand. */
  readonly origin: number;
  readonly #bytes: number[] = [];
  readonly #addresses: Map<Label, number> = new Map();
  readonly #fixUps: FixUp[] = [];
  readonly #lines: Line[] = [];

  constructor(bits: Bits, origin: number) {
    this.bits = bits;
    this.origin = origin;
  }

  /** The address of the next byte. */
  get here(): number {
    return this.origin + this.#bytes.length;
  }

  label(name: string = `label_${this.#addresses.size + this.#fixUps.length}`): Label {
    return { name };
  }

  /** Binds a label to the next byte; gives it, so that `const loop = code.bind(code.label('loop'))` reads well. */
  bind(label: Label): Label {
    if (this.#addresses.has(label)) throw new RangeError(`${label.name} is bound twice`);
    this.#addresses.set(label, this.here);
    return label;
  }

  address(label: Label): number {
    const address = this.#addresses.get(label);
    if (address === undefined) throw new RangeError(`${label.name} was never bound`);
    return address;
  }

  /** The program with every fix-up made. */
  finish(): Uint8Array {
    const bytes = Uint8Array.from(this.#bytes);
    for (const { offset, label, bytes: width, relative } of this.#fixUps) {
      const target = this.address(label);
      // Relative to the next instruction; every relative fix-up is the last part of its instruction.
      const value = relative ? target - (this.origin + offset + width) : target;
      const limit = 2 ** (width * 8 - 1);
      if (relative && (value < -limit || value >= limit)) throw new RangeError(`${label.name} is too far away`);
      bytes.set(littleEndian(value, width), offset);
    }
    return bytes;
  }

  get listing(): readonly Line[] {
    return this.#lines;
  }

  // Data

  /** `text`: what the listing says of them. */
  data(bytes: ArrayLike<number>, text: string = '.data'): void {
    this.#line(text, bytes.length);
    for (let at = 0; at < bytes.length; at++) this.#bytes.push((bytes[at] ?? 0) & 0xff);
  }

  /** Eight bytes: a number or a label's address. */
  quad(value: Immediate | Label): void {
    if (typeof value === 'object') this.#emit('.data', [{ label: value, bytes: 8, relative: false }]);
    else this.data(littleEndian(value, 8));
  }

  align(bytes: number): void {
    const missing = (bytes - (this.here % bytes)) % bytes;
    if (missing > 0) this.data(new Uint8Array(missing));
  }

  // Instructions without operands

  instruction(name: FixedName): void {
    const fixed = FIXED[name];
    if (fixed.only64 === true) this.#only64(name);
    this.#emit(name, [...fixed.bytes]);
  }

  string(name: StringOperation): void {
    const { repeat, opcode, width, text } = STRINGS[name];
    if (width === 64) this.#only64(name);
    this.#emit(text, [repeat, ...rexPart(rexOf(this.bits, width, 0, 0, 0)), opcode]);
  }

  // Moves

  /** Register, memory, immediate or a label's address. A 64-bit register takes its immediate in full. */
  mov(to: RegisterOrMemory, from: RegisterOrMemory | Immediate | Label): void {
    if (typeof from === 'number' || typeof from === 'bigint') return this.#movImmediate(to, from);
    if (typeof from === 'object' && !isMemory(from)) return this.#movAddress(to, from);
    const width = widthOf(to, from);
    const text = `mov ${operandText(to, width)},${operandText(from, width)}`;
    if (isMemory(from)) return this.#form(text, width, [width === 8 ? 0x8a : 0x8b], numberOf(to), from);
    this.#form(text, width, [width === 8 ? 0x88 : 0x89], numberOf(from), to);
  }

  #movImmediate(to: RegisterOrMemory, value: Immediate): void {
    const width = widthOf(to);
    const text = `mov ${operandText(to, width)},${immediateText(value, width)}`;
    if (isMemory(to)) {
      const bytes = immediateBytes(value, width, Math.min(width, 32));
      return this.#form(text, width, [width === 8 ? 0xc6 : 0xc7], 0, to, bytes);
    }
    const number = registerNumber(to);
    const sizes = sizePrefixes(this.bits, width, null);
    const rex = rexPart(rexOf(this.bits, width, 0, 0, number));
    const opcode = (width === 8 ? 0xb0 : 0xb8) | (number & 7);
    this.#emit(width === 64 ? text.replace('mov', 'movabs') : text, [
      ...sizes,
      ...rex,
      opcode,
      ...immediateBytes(value, width, width),
    ]);
  }

  #movAddress(to: RegisterOrMemory, label: Label): void {
    if (isMemory(to)) throw new RangeError('a label goes to a register');
    const width = registerWidth(to);
    if (width < 32) throw new RangeError(`an address does not fit ${to}`);
    const number = registerNumber(to);
    this.#emit(`${width === 64 ? 'movabs' : 'mov'} ${to},offset ${label.name}`, [
      ...sizePrefixes(this.bits, width, null),
      ...rexPart(rexOf(this.bits, width, 0, 0, number)),
      0xb8 | (number & 7),
      { label, bytes: width === 64 ? 8 : 4, relative: false },
    ]);
  }

  /** Zero-extends 8 or 16 bits of memory. */
  movzx(to: Register, from: Memory): void {
    const width = widthOf(from);
    if (width > 16) throw new RangeError('MOVZX takes 8 or 16 bits');
    const text = `movzx ${to},${operandText(from, width)}`;
    this.#form(text, registerWidth(to), [0x0f, width === 8 ? 0xb6 : 0xb7], registerNumber(to), from);
  }

  lea(to: Register, from: Memory): void {
    this.#form(`lea ${to},${memoryText(from, null)}`, registerWidth(to), [0x8d], registerNumber(to), from);
  }

  /** From or to a control or debug register; in 64-bit mode always 64 bits, in real mode 32. */
  movSystem(to: Register | Control | Debug, from: Register | Control | Debug): void {
    const reads = isSystem(from);
    const system = reads ? from : to;
    const general = reads ? to : from;
    if (!isSystem(system) || isSystem(general)) throw new RangeError('one system register and one general one');
    if (registerWidth(general) !== (this.bits === 64 ? 64 : 32))
      throw new RangeError(`${general} is not of the mode's width`);
    const opcode = (isControl(system) ? 0x20 : 0x21) | (reads ? 0 : 2);
    this.#form(`mov ${to},${from}`, null, [0x0f, opcode], systemNumber(system), general);
  }

  movSegment(to: Segment, from: Register16): void {
    // The operand's size changes nothing; objdump shows the mode's.
    this.#form(`mov ${to},${this.bits === 64 ? `e${from}` : from}`, null, [0x8e], SEGMENTS.indexOf(to), from);
  }

  readSegment(to: Register16, from: Segment): void {
    this.#form(`mov ${to},${from}`, 16, [0x8c], SEGMENTS.indexOf(from), to);
  }

  // Arithmetic

  arithmetic(name: Arithmetic, to: RegisterOrMemory, from: RegisterOrMemory | Immediate): void {
    const number = ARITHMETIC[name];
    if (typeof from === 'number' || typeof from === 'bigint') {
      const width = widthOf(to);
      const text = `${name} ${operandText(to, width)},${immediateText(from, width)}`;
      const short = width > 8 && from >= -0x80 && from < 0x80;
      const opcode = width === 8 ? 0x80 : short ? 0x83 : 0x81;
      const bytes = immediateBytes(from, width, short ? 8 : Math.min(width, 32));
      return this.#form(text, width, [opcode], number, to, bytes);
    }
    const width = widthOf(to, from);
    const text = `${name} ${operandText(to, width)},${operandText(from, width)}`;
    const opcode = (number << 3) | (width === 8 ? 0 : 1);
    if (isMemory(from)) return this.#form(text, width, [opcode | 2], numberOf(to), from);
    this.#form(text, width, [opcode], numberOf(from), to);
  }

  add(to: RegisterOrMemory, from: RegisterOrMemory | Immediate): void {
    this.arithmetic('add', to, from);
  }
  or(to: RegisterOrMemory, from: RegisterOrMemory | Immediate): void {
    this.arithmetic('or', to, from);
  }
  and(to: RegisterOrMemory, from: RegisterOrMemory | Immediate): void {
    this.arithmetic('and', to, from);
  }
  sub(to: RegisterOrMemory, from: RegisterOrMemory | Immediate): void {
    this.arithmetic('sub', to, from);
  }
  xor(to: RegisterOrMemory, from: RegisterOrMemory | Immediate): void {
    this.arithmetic('xor', to, from);
  }
  cmp(to: RegisterOrMemory, from: RegisterOrMemory | Immediate): void {
    this.arithmetic('cmp', to, from);
  }

  test(to: RegisterOrMemory, from: Register | Immediate): void {
    const width = typeof from === 'string' ? widthOf(to, from) : widthOf(to);
    const right = typeof from === 'string' ? from : immediateText(from, width);
    const text = `test ${operandText(to, width)},${right}`;
    if (typeof from === 'string') return this.#form(text, width, [width === 8 ? 0x84 : 0x85], registerNumber(from), to);
    const bytes = immediateBytes(from, width, Math.min(width, 32));
    this.#form(text, width, [width === 8 ? 0xf6 : 0xf7], 0, to, bytes);
  }

  unary(name: Unary, operand: RegisterOrMemory, prefix: 'lock' | null = null): void {
    const { opcode, digit } = UNARY[name];
    const width = widthOf(operand);
    const text = `${locked(prefix, operand)}${name} ${operandText(operand, width)}`;
    this.#form(text, width, [width === 8 ? opcode - 1 : opcode], digit, operand, [], prefix === null ? [] : [LOCK]);
  }

  inc(operand: RegisterOrMemory): void {
    this.unary('inc', operand);
  }
  dec(operand: RegisterOrMemory): void {
    this.unary('dec', operand);
  }

  shift(name: Shift, operand: RegisterOrMemory, count: number): void {
    const width = widthOf(operand);
    const text = `${name} ${operandText(operand, width)},${immediateText(count)}`;
    this.#form(text, width, [width === 8 ? 0xc0 : 0xc1], SHIFTS[name], operand, [count & 0xff]);
  }

  exchange(name: Exchange, to: RegisterOrMemory, from: Register, prefix: 'lock' | null = null): void {
    const width = widthOf(to, from);
    if (width === 8) throw new RangeError(`${name} of bytes has no use here`);
    const text = `${locked(prefix, to)}${name} ${operandText(to, width)},${from}`;
    this.#form(text, width, EXCHANGES[name], registerNumber(from), to, [], prefix === null ? [] : [LOCK]);
  }

  // Jumps

  jmp(target: Label | RegisterOrMemory): void {
    this.#transfer('jmp', 0xe9, 4, target);
  }

  call(target: Label | RegisterOrMemory): void {
    this.#transfer('call', 0xe8, 2, target);
  }

  #transfer(name: string, opcode: number, digit: number, target: Label | RegisterOrMemory): void {
    if (typeof target === 'object' && !isMemory(target)) {
      return this.#emit(`${name} ${target.name}`, [opcode, this.#relative(target)]);
    }
    const width = this.bits === 64 ? 64 : 16;
    if (widthOf(target, null, width) !== width) throw new RangeError(`${name} takes a target of ${width} bits`);
    // A near jump is of 64 bits without REX.W (volume 2, "CALL", "JMP": default operand size).
    this.#form(`${name} ${operandText(target, width)}`, null, [0xff], digit, target);
  }

  /** Jcc. */
  jump(condition: Condition, target: Label): void {
    this.#emit(`j${condition} ${target.name}`, [0x0f, 0x80 | CONDITIONS[condition], this.#relative(target)]);
  }

  // Stack

  push(from: Register | Memory | number): void {
    const width = this.bits;
    if (typeof from === 'number') {
      return this.#emit(`push ${immediateText(from)}`, [0x68, ...littleEndian(from, width === 64 ? 4 : 2)]);
    }
    if (isMemory(from)) return this.#form(`push ${memoryText(from, width)}`, null, [0xff], 6, from);
    this.#stackRegister('push', 0x50, from);
  }

  pop(to: Register | Memory): void {
    if (isMemory(to)) return this.#form(`pop ${memoryText(to, this.bits)}`, null, [0x8f], 0, to);
    this.#stackRegister('pop', 0x58, to);
  }

  #stackRegister(name: string, opcode: number, register: Register): void {
    const number = registerNumber(register);
    const width = registerWidth(register);
    // 64 bits are the default in 64-bit mode; real mode may push 32.
    if (this.bits === 64 ? width !== 64 : width !== 16 && width !== 32)
      throw new RangeError(`no ${name} of ${register}`);
    const sizes = this.bits === 64 ? rexPart(rexOf(this.bits, null, 0, 0, number)) : sizePrefixes(16, width, null);
    this.#emit(`${name} ${register}`, [...sizes, opcode | (number & 7)]);
  }

  /** PUSHF and POPF of the mode's width: RFLAGS in 64-bit mode, FLAGS in real mode. */
  pushf(): void {
    this.#emit('pushf', [0x9c]);
  }

  popf(): void {
    this.#emit('popf', [0x9d]);
  }

  /** The return from an interrupt: IRETQ, or IRET of 16 bits in real mode. */
  interruptReturn(): void {
    if (this.bits === 64) this.instruction('iretq');
    else this.#emit('iret', [0xcf]);
  }

  // Ports, interrupts, descriptors

  /** From a port in DX or one below 0x100 into AL, AX or EAX. */
  in(to: 'al' | 'ax' | 'eax', port: 'dx' | number): void {
    this.#port(`in ${to},${portText(port)}`, 0xe4, to, port);
  }

  out(port: 'dx' | number, from: 'al' | 'ax' | 'eax'): void {
    this.#port(`out ${portText(port)},${from}`, 0xe6, from, port);
  }

  #port(text: string, opcode: number, register: 'al' | 'ax' | 'eax', port: 'dx' | number): void {
    const width = registerWidth(register);
    const form = opcode | (width === 8 ? 0 : 1) | (port === 'dx' ? 8 : 0);
    this.#emit(text, [
      ...sizePrefixes(this.bits, width, null),
      form,
      ...(port === 'dx' ? [] : immediateBytes(port, 8, 8)),
    ]);
  }

  int(vector: number): void {
    this.#emit(`int ${immediateText(vector)}`, [0xcd, vector & 0xff]);
  }

  /** FXSAVE, XSAVE, LGDT, INVLPG and their like. */
  memory(name: MemoryOnly, operand: Memory): void {
    const form = MEMORY_ONLY[name];
    const wide = form.wide === true;
    if (wide) this.#only64(name);
    // LGDT and LIDT of 32-bit bases in real mode want the operand size prefix: with 16 bits the base has 24.
    const width = wide ? 64 : this.bits === 16 && /^[sl][gi]dt$/.test(name) ? 32 : null;
    this.#form(`${name} ${memoryText(operand, name === 'invlpg' ? 8 : null)}`, width, form.opcode, form.digit, operand);
  }

  /** LTR: the task register from a selector. */
  ltr(selector: Register16): void {
    this.#form(`ltr ${selector}`, null, [0x0f, 0x00], 3, selector);
  }

  /** SWAPGS' companions: the base of FS or GS from or to a register (needs CR4.FSGSBASE). */
  segmentBase(name: 'rdfsbase' | 'rdgsbase' | 'wrfsbase' | 'wrgsbase', register: Register64): void {
    this.#only64(name);
    const digit = { rdfsbase: 0, rdgsbase: 1, wrfsbase: 2, wrgsbase: 3 }[name];
    this.#form(`${name} ${register}`, 64, [0x0f, 0xae], digit, register, [], [0xf3]);
  }

  // Emission

  #relative(label: Label): Piece {
    return { label, bytes: this.bits === 64 ? 4 : 2, relative: true };
  }

  #only64(name: string): void {
    if (this.bits !== 64) throw new RangeError(`${name} exists only in 64-bit mode`);
  }

  #form(
    text: string,
    width: Width | null,
    opcode: readonly number[],
    reg: number,
    rm: RegisterOrMemory,
    immediate: readonly number[] = [],
    prefixes: readonly number[] = [],
  ): void {
    const pieces = encode({ bits: this.bits, width, prefixes, opcode, reg, rm });
    for (const part of immediate) pieces.push(part);
    this.#emit(text, pieces);
  }

  #emit(text: string, pieces: readonly Piece[]): void {
    const address = this.here;
    for (const piece of pieces) {
      if (typeof piece === 'number') {
        this.#bytes.push(piece);
        continue;
      }
      const { label, bytes, relative } = piece;
      this.#fixUps.push({ offset: this.#bytes.length, label, bytes, relative });
      for (let at = 0; at < piece.bytes; at++) this.#bytes.push(0);
    }
    this.#lines.push({ address, bytes: this.here - address, text });
  }

  #line(text: string, bytes: number): void {
    this.#lines.push({ address: this.here, bytes, text });
  }
}

const LOCK = 0xf0;

function locked(prefix: 'lock' | null, operand: RegisterOrMemory): string {
  if (prefix === null) return '';
  // LOCK of a register form is #UD (volume 2, "LOCK").
  if (!isMemory(operand)) throw new RangeError('LOCK takes memory');
  return 'lock ';
}

const rexPart = (rex: number): number[] => (rex === 0 ? [] : [rex]);

const portText = (port: 'dx' | number): string => (port === 'dx' ? port : immediateText(port));

function isControl(register: string): register is Control {
  return (CONTROLS as readonly string[]).includes(register);
}

function isSystem(register: string): register is Control | Debug {
  return /^[cd]r\d$/.test(register);
}

function numberOf(operand: RegisterOrMemory): number {
  if (isMemory(operand)) throw new RangeError('one of the two operands must be a register');
  return registerNumber(operand);
}

/** The operation's width, from whichever operand says it; they must not disagree. */
function widthOf(a: RegisterOrMemory, b: RegisterOrMemory | null = null, otherwise: Width | null = null): Width {
  const widths = [a, b].flatMap((operand) => {
    if (operand === null) return [];
    const width = isMemory(operand) ? operand.width : registerWidth(operand);
    return width === null ? [] : [width];
  });
  const width = widths[0] ?? otherwise;
  if (width === null || width === undefined)
    throw new RangeError('say how wide the memory is: byte, word, dword, qword');
  if (widths.some((other) => other !== width)) throw new RangeError(`operands of ${widths.join(' and ')} bits`);
  return width;
}

/** An immediate of `stored` bits that the instruction extends to `width`. */
function immediateBytes(value: Immediate, width: number, stored: number): number[] {
  // Bits that are stored in full may be written as an unsigned number as well.
  const fits =
    typeof value === 'number' && stored <= 32
      ? value >= -(2 ** (stored - 1)) && value < 2 ** (stored === width ? stored : stored - 1)
      : BigInt.asIntN(stored, BigInt(value)) === BigInt(value) ||
        (stored === width && BigInt.asUintN(stored, BigInt(value)) === BigInt(value));
  if (!fits) throw new RangeError(`${immediateText(value)} does not fit ${stored} bits`);
  return littleEndian(value, stored / 8);
}
