/**
 * A first program that does nothing but switch the machine off: reboot(LINUX_REBOOT_CMD_POWER_OFF), assembled by hand
 * into an ELF file of one segment. What the lab's own boots are measured against.
 */
import type { Architecture } from '../src/model/index.ts';

const LOAD_ADDRESS = 0x400000n;
const HEADERS_BYTES = 64 + 56;
/** include/uapi/linux/reboot.h */
const MAGIC1 = 0xfee1dead;
const MAGIC2 = 0x28121969;
const POWER_OFF = 0x4321fedc;

/** The ELF file, as bytes. */
export function trivialInit(architecture: Architecture): Uint8Array {
  const code = architecture === 'x86_64' ? x86() : arm64();
  const file = Buffer.alloc(HEADERS_BYTES + code.length);
  file.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]); // ELF, 64-bit, little-endian, version 1
  file.writeUInt16LE(2, 16); // ET_EXEC
  file.writeUInt16LE(architecture === 'x86_64' ? 62 : 183, 18); // EM_X86_64, EM_AARCH64
  file.writeUInt32LE(1, 20);
  file.writeBigUInt64LE(LOAD_ADDRESS + BigInt(HEADERS_BYTES), 24); // entry
  file.writeBigUInt64LE(64n, 32); // program headers follow
  file.writeUInt16LE(64, 52);
  file.writeUInt16LE(56, 54);
  file.writeUInt16LE(1, 56);
  file.writeUInt32LE(1, 64); // PT_LOAD
  file.writeUInt32LE(5, 68); // readable, executable
  file.writeBigUInt64LE(LOAD_ADDRESS, 80);
  file.writeBigUInt64LE(LOAD_ADDRESS, 88);
  file.writeBigUInt64LE(BigInt(file.length), 96);
  file.writeBigUInt64LE(BigInt(file.length), 104);
  file.writeBigUInt64LE(0x10000n, 112);
  file.set(code, HEADERS_BYTES);
  return file;
}

/** mov eax, 169 (__NR_reboot); mov edi, …; mov esi, …; mov edx, …; syscall */
function x86(): Uint8Array {
  const code = Buffer.alloc(22);
  for (const [index, [opcode, value]] of [
    [0xb8, 169],
    [0xbf, MAGIC1],
    [0xbe, MAGIC2],
    [0xba, POWER_OFF],
  ].entries()) {
    code.writeUInt8(opcode ?? 0, index * 5);
    code.writeUInt32LE(value ?? 0, index * 5 + 1);
  }
  code.set([0x0f, 0x05], 20);
  return code;
}

/** movz and movk of x0, x1, x2, x8 (142, __NR_reboot); svc 0. Arm ARM C6.2, MOVZ, MOVK, SVC. */
function arm64(): Uint8Array {
  const words = [
    [0, MAGIC1],
    [1, MAGIC2],
    [2, POWER_OFF],
    [8, 142],
  ].flatMap(([register = 0, value = 0]) => [
    0xd2800000 | ((value & 0xffff) << 5) | register,
    0xf2a00000 | ((value >>> 16) << 5) | register,
  ]);
  const code = Buffer.alloc(words.length * 4 + 4);
  for (const [index, word] of [...words, 0xd4000001].entries()) code.writeUInt32LE(word >>> 0, index * 4);
  return code;
}
