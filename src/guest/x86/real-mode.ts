/**
 * The same in real mode, where a vCPU begins and which a host without long-mode guests (PVM) can run: one vCPU, no error
 * codes, no handlers of an operation's own. Addresses are 32-bit ones: the segments' limits are 4 GiB, set from outside.
 */
import { Assembler, at, dword, indexed, word } from './assembler/index.ts';
import { emitEnd } from './handlers.ts';
import type { Handlers } from './handlers.ts';
import { BLOCK, HANDLERS, VECTOR_TABLE, vcpuBlock } from './layout.ts';
import { FAULT, STATE } from './mailbox.ts';

const VECTORS = 256;
const FIRST_INTERRUPT = 32;
/** Bit 1 of FLAGS is always set. */
const INITIAL_FLAGS = 2;
/** Above the two registers that the handler saves: what its stub and the CPU pushed, 16 bits each. */
const FRAME = { vector: 8, address: 10 } as const;

let assembled: Handlers | null = null;

/** The same for every guest: assembled once a process. They stand in the first 64 KiB, in segment 0. */
export function realModeHandlers(): Handlers {
  if (assembled === null) {
    const code = new Assembler(16, HANDLERS);
    const stubs = emitStubs(code);
    assembled = { bytes: code.finish(), stubs };
  }
  return assembled;
}

function emitStubs(code: Assembler): readonly number[] {
  const block = vcpuBlock(0);
  const common = code.label('handler');
  const stubs = Array.from({ length: VECTORS }, (_, vector) => {
    const address = code.here;
    code.push(vector);
    code.jmp(common);
    return address;
  });
  const [interrupt, stray] = [code.label('interrupt'), code.label('stray')];
  code.bind(common);
  code.push('eax');
  code.push('ecx');
  code.movzx('eax', word(at('esp', FRAME.vector)));
  code.inc(dword(indexed(null, 'eax', 4, block + BLOCK.counters)));
  code.cmp('eax', FIRST_INTERRUPT);
  code.jump('ae', interrupt);
  code.mov('ecx', at(block + BLOCK.slot));
  code.test('ecx', 'ecx');
  code.jump('e', stray);
  code.mov(at('ecx', FAULT.vector), 'eax');
  code.movzx('eax', word(at('esp', FRAME.address)));
  code.mov(at('ecx', FAULT.address), 'eax');
  code.mov(dword(at('ecx')), STATE.fault);
  code.mov(dword(at(block + BLOCK.slot)), 0);
  // The operation's stack is not looked at again: its frame goes with it.
  code.mov('esp', at(block + BLOCK.stack));
  code.push(INITIAL_FLAGS);
  code.push(at(block + BLOCK.segment));
  code.push(at(block + BLOCK.resume));
  code.interruptReturn();
  code.bind(interrupt);
  code.pop('ecx');
  code.pop('eax');
  code.add('sp', 2);
  code.interruptReturn();
  code.bind(stray);
  code.inc(dword(at(block + BLOCK.strays)));
  code.mov(at(block + BLOCK.strayVector), 'eax');
  code.movzx('eax', word(at('esp', FRAME.address)));
  code.mov(at(block + BLOCK.strayAddress), 'eax');
  emitEnd(code, 1);
  return stubs;
}

/** The vector table: offset and segment of each handler. */
export function writeVectorTable(memory: DataView): void {
  realModeHandlers().stubs.forEach((handler, vector) => {
    memory.setUint32(VECTOR_TABLE + 4 * vector, handler, true);
  });
}
