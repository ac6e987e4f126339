/**
 * FP, SIMD and wider registers: loaded once with a pattern, saved and compared in each round, and used by nothing else.
 * Which components there are is what XCR0 says when the witness begins; where they are saved, what CPUID says then (Intel
 * SDM volume 1, chapter 13: standard format).
 */
import { KVM_GET_XCRS, KVM_SET_XCRS } from '../../../kvm/index.ts';
import type { KvmError, Vcpu } from '../../../kvm/index.ts';
import type { Result } from '../../../model/index.ts';
import { at, dword, indexed, qword } from '../assembler/index.ts';
import type { Assembler } from '../assembler/index.ts';
import { PORT } from '../layout.ts';
import type { GuestOperation } from '../operation.ts';
import { emitFailure } from './checks.ts';
import { OWN, VECTORS, XSAVE_BYTES } from './layout.ts';
import type { AreaLayout } from './layout.ts';
import { OWN_AREA, OWN_BLOCK } from './registers.ts';

/** Offsets in the legacy region (volume 1, table 10-2) and in the header behind it (section 13.4.2). */
const LEGACY = { fcw: 0, ftw: 4, mxcsr: 24, st: 32, xmm: 160, end: 416 } as const;
const LEGACY_BYTES = 512;
const HEADER_BYTES = 64;
const XSTATE_BV = LEGACY_BYTES;

const X87_AND_SSE = 3;
/**
 * State components (section 13.1) any bits of which are a valid value: AVX, opmask, ZMM_Hi256, Hi16_ZMM. PKRU, 9, is given
 * a value that keeps key 0 open, which all of the witness' pages have.
 */
const FILLED: readonly number[] = [2, 5, 6, 7];
const PKRU = 9;
const PKRU_VALUE = 0x5555_5554;

const OSXSAVE = 1 << 18;
const XSAVE_LEAF = 0xd;

/** What is loaded into the registers, as far as it is the same on every CPU, and which of its bits are compared. */
export function legacyImage(): { readonly image: Uint8Array; readonly mask: Uint8Array } {
  const image = new Uint8Array(LEGACY_BYTES + HEADER_BYTES);
  const mask = new Uint8Array(image.length);
  const view = new DataView(image.buffer);
  // All exceptions masked, extended precision; every register in use; rounding to nearest.
  view.setUint16(LEGACY.fcw, 0x037f, true);
  view.setUint8(LEGACY.ftw, 0xff);
  view.setUint32(LEGACY.mxcsr, 0x1f80, true);
  // FOP, FIP and FDP are left out: what AMD's CPUs save of them depends on exceptions (APM volume 2, 11.4.4).
  mask.fill(0xff, LEGACY.fcw, LEGACY.ftw + 1);
  mask.fill(0xff, LEGACY.mxcsr, LEGACY.mxcsr + 4);
  for (let register = 0; register < 8; register++) {
    const place = LEGACY.st + 16 * register;
    // 80 bits in 128: a normal number, whose integer bit is set.
    for (let byte = 0; byte < 8; byte++) image[place + byte] = 0x80 + 8 * register + byte;
    view.setUint16(place + 8, 0x3fff + register, true);
    mask.fill(0xff, place, place + 10);
  }
  for (let place = LEGACY.xmm; place < LEGACY.end; place++) image[place] = (place * 7 + 1) & 0xff;
  mask.fill(0xff, LEGACY.xmm, LEGACY.end);
  return { image, mask };
}

/** Loads the pattern and saves it once for reference. A fault leaves the vectors unchecked, and is a setup outcome. */
export function loadVectors(area: AreaLayout): GuestOperation {
  return { do: 'code', name: 'load vector registers', values: [], assemble: (code) => emitLoad(code, area) };
}

function emitLoad(code: Assembler, area: AreaLayout): void {
  const [xsave, done] = [code.label('xsave'), code.label('loaded')];
  code.movSystem('rax', 'cr4');
  code.test('eax', OSXSAVE);
  code.jump('ne', xsave);
  code.memory('fxrstor64', at(OWN_AREA, area.image));
  code.memory('fxsave64', at(OWN_AREA, area.reference));
  code.mov(qword(at(OWN_BLOCK, OWN.words)), LEGACY_BYTES / 8);
  code.mov(qword(at(OWN_BLOCK, OWN.vectors)), VECTORS.fxsave);
  code.jmp(done);
  code.bind(xsave);
  code.xor('ecx', 'ecx');
  code.instruction('xgetbv');
  code.mov(at(OWN_BLOCK, OWN.components), 'eax');
  code.mov(at(OWN_BLOCK, OWN.components + 4), 'edx');
  code.and('eax', X87_AND_SSE);
  code.mov(at(OWN_AREA, area.image + XSTATE_BV), 'eax');
  code.mov(qword(at(OWN_BLOCK, OWN.words)), LEGACY_BYTES / 8);
  for (const component of [...FILLED, PKRU]) emitComponent(code, area, component);
  code.mov('eax', at(OWN_AREA, area.image + XSTATE_BV));
  code.xor('edx', 'edx');
  code.memory('xrstor64', at(OWN_AREA, area.image));
  emitSave(code, area.reference);
  code.mov(qword(at(OWN_BLOCK, OWN.vectors)), VECTORS.xsave);
  code.bind(done);
}

/** Fills a component of the image and of the mask, where XCR0 has it and CPUID gives it a place that there is room for. */
function emitComponent(code: Assembler, area: AreaLayout, component: number): void {
  const skip = code.label(`without_${component}`);
  const enough = code.label(`enough_for_${component}`);
  code.test(dword(at(OWN_BLOCK, OWN.components)), 1 << component);
  code.jump('e', skip);
  code.mov('eax', XSAVE_LEAF);
  code.mov('ecx', component);
  // EAX: bytes; EBX: offset.
  code.instruction('cpuid');
  code.cmp('ebx', LEGACY_BYTES + HEADER_BYTES);
  code.jump('b', skip);
  code.lea('rdx', indexed('rax', 'rbx', 1));
  code.cmp('rdx', XSAVE_BYTES);
  code.jump('a', skip);
  code.shift('shr', 'rdx', 3);
  code.cmp(at(OWN_BLOCK, OWN.words), 'rdx');
  code.jump('ae', enough);
  code.mov(at(OWN_BLOCK, OWN.words), 'rdx');
  code.bind(enough);
  code.add('rbx', OWN_AREA);
  if (component === PKRU) {
    code.mov(dword(at('rbx', area.image)), PKRU_VALUE);
    code.mov(dword(at('rbx', area.mask)), 0xffff_ffff);
  } else {
    code.mov('edx', 'eax');
    for (const [place, byte] of [
      [area.image, 0x50 + component],
      [area.mask, 0xff],
    ] as const) {
      code.lea('rdi', at('rbx', place));
      code.mov('ecx', 'edx');
      code.mov('al', byte);
      code.string('rep stosb');
    }
  }
  code.or(dword(at(OWN_AREA, area.image + XSTATE_BV)), 1 << component);
  code.bind(skip);
}

function emitSave(code: Assembler, place: number): void {
  code.mov('eax', at(OWN_BLOCK, OWN.components));
  code.mov('edx', at(OWN_BLOCK, OWN.components + 4));
  code.memory('xsave64', at(OWN_AREA, place));
}

/** A read of its own: a fault (XSAVE that is no longer there) is a change, other contents are failures of the check. */
export function checkVectors(area: AreaLayout): GuestOperation {
  return { do: 'code', name: 'check vector registers', values: [], assemble: (code) => emitCheck(code, area) };
}

function emitCheck(code: Assembler, area: AreaLayout): void {
  const [xsave, compare, next, same, done] = ['xsave', 'compare', 'next', 'same', 'done'].map((name) =>
    code.label(`vectors_${name}`),
  );
  if (!xsave || !compare || !next || !same || !done) return;
  code.cmp(qword(at(OWN_BLOCK, OWN.vectors)), VECTORS.none);
  code.jump('e', done);
  code.cmp(qword(at(OWN_BLOCK, OWN.vectors)), VECTORS.xsave);
  code.jump('e', xsave);
  code.memory('fxsave64', at(OWN_AREA, area.now));
  code.jmp(compare);
  code.bind(xsave);
  emitSave(code, area.now);
  code.bind(compare);
  code.xor('ebx', 'ebx');
  code.bind(next);
  code.mov('rax', indexed(OWN_AREA, 'rbx', 8, area.reference));
  code.mov('rdx', indexed(OWN_AREA, 'rbx', 8, area.now));
  code.mov('rcx', 'rax');
  code.xor('rcx', 'rdx');
  code.arithmetic('and', 'rcx', indexed(OWN_AREA, 'rbx', 8, area.mask));
  code.jump('e', same);
  code.lea('rdi', indexed(null, 'rbx', 8));
  emitFailure(code, 'vectors');
  code.bind(same);
  code.inc('rbx');
  code.cmp('rbx', at(OWN_BLOCK, OWN.words));
  code.jump('b', next);
  code.bind(done);
}

/** AVX needs SSE, and PKRU nothing (section 13.3). x87 is always there. */
const COMPONENTS = { avx: 0b110, pkru: 1 << PKRU } as const;

/**
 * A setup operation: turns XSAVE on and has a component added to XCR0; its registers then get a pattern, as all the others.
 * Gives XCR0 as it is afterwards; a CPU without XSAVE answers with a fault. XCR0 is written by the host (`addXfeatures`):
 * QEMU's emulation of SVM, in which the lab runs, lets XSETBV through to the CPU, so that KVM never learns of it.
 */
export function useXfeature(component: 'avx' | 'pkru'): GuestOperation {
  return {
    do: 'code',
    name: `use ${component}`,
    values: ['xcr0'],
    assemble(code, context) {
      code.movSystem('rax', 'cr4');
      code.or('rax', OSXSAVE);
      code.movSystem('cr4', 'rax');
      code.mov('eax', COMPONENTS[component]);
      code.out(PORT.host, 'eax');
      code.xor('ecx', 'ecx');
      code.instruction('xgetbv');
      code.shift('shl', 'rdx', 32);
      code.or('rax', 'rdx');
      context.store(0, 'rax');
    },
  };
}

/** The host's part: adds components to a vCPU's XCR0. Where KVM refuses them the guest finds XCR0 as it was. */
export function addXfeatures(vcpu: Vcpu, components: number): Result<unknown, KvmError> {
  const got = vcpu.struct(KVM_GET_XCRS, {});
  if (!got.ok) return got;
  return vcpu.struct(KVM_SET_XCRS, { ...got.value, value: got.value.value | BigInt(components) }, 'XCR0');
}
