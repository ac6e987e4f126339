/**
 * A guest of the guest, on AMD: what it does to the PAT of the hypervisor that runs it. Formats of the VMCB: AMD APM volume
 * 2, appendix B; VMRUN: 15.5; nested paging: 15.25.
 */
import type { GuestMemory } from '../../memory.ts';
import { at } from '../index.ts';
import type { GuestOperation } from '../index.ts';
import { GDT, IDT, PAGE_TABLES } from '../layout.ts';
import { SELECTOR } from '../selectors.ts';

import { LONG_MODE, PLAIN, came, said, tried, undecided, valueOf } from './test.ts';
import type { BehaviourTest } from './test.ts';

/** Guest-physical, above every short table: the VMCB, and where VMRUN saves the host. */
const VMCB = 0x18_0000;
const HOST_SAVE = 0x18_1000;

const EFER = 0xc000_0080;
const LONG_MODE_EFER = 0x500n;
const EFER_SVME = 1n << 12n;
const VM_HSAVE_PA = 0xc001_0117;
const IA32_PAT = 0x277;

/** As after a reset (AMD APM volume 2, 7.8.1), and every entry write-back. */
const RESET_PAT = 0x0007_0406_0007_0406n;
const OTHER_PAT = 0x06;

/** Offsets of the control area: intercepts, address space, how it ended, nested paging. */
const CONTROL = { intercepts4: 0x10, asid: 0x58, exitCode: 0x70, nestedPaging: 0x90, nestedCr3: 0xb0 } as const;
/** Of the state save area; segments take 16 bytes each: selector, attributes, limit, base. */
const STATE = {
  es: 0x400,
  cs: 0x410,
  ss: 0x420,
  ds: 0x430,
  gdtr: 0x460,
  idtr: 0x480,
  efer: 0x4d0,
  cr4: 0x548,
  cr3: 0x550,
  cr0: 0x558,
  dr7: 0x560,
  dr6: 0x568,
  rflags: 0x570,
  rip: 0x578,
  rsp: 0x5d8,
  pat: 0x668,
} as const;
/** Intercepts of VMRUN, which must be set, and of VMMCALL, which ends the nested guest. */
const INTERCEPT_VMRUN_VMMCALL = 3;
const EXIT_VMMCALL = 0x81n;
/** Segment attributes: a descriptor's bits 40 to 47 and 52 to 55. */
const CODE_64 = 0x29b;
const DATA = 0xc93;
const TABLE_LIMIT = 0xfff;

/** A nested guest with the tables of this one; the same page tables serve as its nested ones, for both are an identity. */
function writeVmcb({ view }: GuestMemory): void {
  const quad = (offset: number, value: bigint): void => view.setBigUint64(VMCB + offset, value, true);
  const segment = (offset: number, selector: number, attributes: number, limit: number, base: number): void => {
    view.setUint16(VMCB + offset, selector, true);
    view.setUint16(VMCB + offset + 2, attributes, true);
    view.setUint32(VMCB + offset + 4, limit, true);
    quad(offset + 8, BigInt(base));
  };
  view.setUint32(VMCB + CONTROL.intercepts4, INTERCEPT_VMRUN_VMMCALL, true);
  view.setUint32(VMCB + CONTROL.asid, 1, true);
  quad(CONTROL.nestedPaging, 1n);
  quad(CONTROL.nestedCr3, BigInt(PAGE_TABLES));
  segment(STATE.cs, SELECTOR.code, CODE_64, 0xffff_ffff, 0);
  for (const offset of [STATE.es, STATE.ss, STATE.ds]) segment(offset, SELECTOR.data, DATA, 0xffff_ffff, 0);
  segment(STATE.gdtr, 0, 0, TABLE_LIMIT, GDT);
  segment(STATE.idtr, 0, 0, TABLE_LIMIT, IDT);
  quad(STATE.efer, LONG_MODE_EFER | EFER_SVME);
  quad(STATE.cr0, 0x8001_0033n);
  quad(STATE.cr3, BigInt(PAGE_TABLES));
  quad(STATE.cr4, 0x220n);
  quad(STATE.dr6, 0xffff_0ff0n);
  quad(STATE.dr7, 0x400n);
  quad(STATE.rflags, 2n);
  quad(STATE.pat, RESET_PAT);
}

const VMRUN = [0x0f, 0x01, 0xd8];
/** Interrupts are held back from the exit of a nested guest until this. */
const STGI = [0x0f, 0x01, 0xdc];

const RUN_NESTED: GuestOperation = {
  do: 'code',
  name: 'VMRUN of a guest that writes its PAT',
  values: ['exit code', 'PAT'],
  assemble(code, context) {
    const [nested, end] = [code.label('nested'), code.label('end')];
    code.mov('rbx', VMCB);
    code.mov('rax', nested);
    code.mov(at('rbx', STATE.rip), 'rax');
    code.mov(at('rbx', STATE.rsp), 'rsp');
    code.mov('rax', VMCB);
    code.data(VMRUN, 'vmrun');
    code.data(STGI, 'stgi');
    code.mov('rbx', VMCB);
    code.mov('rax', at('rbx', CONTROL.exitCode));
    context.store(0, 'rax');
    code.mov('ecx', IA32_PAT);
    code.instruction('rdmsr');
    code.shift('shl', 'rdx', 32);
    code.or('rax', 'rdx');
    context.store(1, 'rax');
    code.jmp(end);
    code.bind(nested);
    code.mov('ecx', IA32_PAT);
    code.mov('eax', OTHER_PAT * 0x0101_0101);
    code.mov('edx', OTHER_PAT * 0x0101_0101);
    code.instruction('wrmsr');
    code.instruction('vmmcall');
    code.bind(end);
  },
};

export const nestedSvmSharedPat: BehaviourTest = {
  id: 'nested-svm-shared-pat',
  needs: { ...PLAIN, alone: true },
  modes: LONG_MODE,
  run: (bench) =>
    tried(
      bench,
      [
        { do: 'wrmsr', index: EFER, value: LONG_MODE_EFER | EFER_SVME },
        { do: 'wrmsr', index: VM_HSAVE_PA, value: BigInt(HOST_SAVE) },
        { do: 'host', token: 0 },
        RUN_NESTED,
      ],
      { onHost: (_, { memory }) => writeVmcb(memory) },
      ([enabled, , , ran]) => {
        if (enabled?.outcome !== 'values') return undecided('the guest is not given SVM');
        const [exit, pat] = [valueOf(ran, 0), valueOf(ran, 1)];
        if (exit === null || pat === null) return undecided(`VMRUN: ${said(ran)}`);
        if (exit !== EXIT_VMMCALL) return undecided('the nested guest did not come to its end', exit);
        return came(pat === RESET_PAT ? 'own' : 'shared', pat);
      },
    ),
};
