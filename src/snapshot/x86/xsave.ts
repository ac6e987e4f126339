/**
 * FPU and vector state: the XSAVE area in its standard form, as large as KVM_CAP_XSAVE2 of the VM says (4096 bytes where
 * the kernel has no KVM_GET_XSAVE2), or kvm_fpu where the kernel has no XSAVE. Where a component lies follows leaf 0xD of the
 * host, and hosts differ (PKRU: 2688 on Intel, 832 on AMD), so the layout is saved beside it, and the area is laid out anew
 * for a destination with another one.
 */
import {
  KVM_FPU,
  KVM_GET_FPU,
  KVM_GET_XSAVE,
  KVM_GET_XSAVE2,
  KVM_SET_FPU,
  KVM_SET_XSAVE,
  kvmError,
} from '../../kvm/index.ts';
import type { Vcpu } from '../../kvm/index.ts';
import { err, ok } from '../../model/index.ts';
import { xsaveLayout } from './cpuid.ts';
import type { RunnableVcpu } from '../../guest/machine.ts';
import type { BytesUnit } from '../unit.ts';
import { fetch } from './structs.ts';
import type { FieldPlaces } from './structs.ts';
import { CAPABILITY, besides, savedRegisters, savedUnit } from './target.ts';
import type { Bytes, Target, X86Unit } from './target.ts';
import { relocate } from './xsave-layout.ts';
import type { Layout } from './xsave-layout.ts';

const LEAST = 4096;
const LAYOUT = 'vm/xsave-layout';
const EINVAL = 22;
const HIGH = 32n;

/** The legacy region and the header (Intel SDM volume 1, 10.5.1 and 13.4.2). */
const LEGACY: FieldPlaces = {
  fcw: { offset: 0, size: 2 },
  fsw: { offset: 2, size: 2 },
  ftw: { offset: 4, size: 1 },
  fop: { offset: 6, size: 2 },
  fip: { offset: 8, size: 8 },
  fdp: { offset: 16, size: 8 },
  mxcsr: { offset: 24, size: 4 },
  mxcsr_mask: { offset: 28, size: 4 },
  ...Object.fromEntries(Array.from({ length: 8 }, (_, at) => [`st${at}`, { offset: 32 + 16 * at, size: 10 }])),
  ...Object.fromEntries(Array.from({ length: 16 }, (_, at) => [`xmm${at}`, { offset: 160 + 16 * at, size: 16 }])),
  'software bytes': { offset: 464, size: 48 },
  xstate_bv: { offset: 512, size: 8 },
  xcomp_bv: { offset: 520, size: 8 },
};

/** Offset in bits 63:32, size in 31:0; ids are the xfeatures' numbers. Compared, for a guest sees it in leaf 0xD. */
export function xsaveLayoutUnit({ host: { kvm }, has }: Target): X86Unit[] {
  if (has(CAPABILITY.XSAVE) === 0) return [];
  return [
    {
      unit: {
        kind: 'registers',
        name: LAYOUT,
        rule: 'x86/cpuid',
        call: 'KVM_SET_CPUID2',
        ids() {
          const layout = xsaveLayout(kvm);
          return layout.ok ? ok([...layout.value.keys()].map(BigInt)) : layout;
        },
        word: (id) => `xsave/xfeature ${id}`,
        read(id) {
          const layout = xsaveLayout(kvm);
          if (!layout.ok) return layout;
          const { offset, size } = layout.value.get(Number(id)) ?? { offset: 0, size: 0 };
          return ok((BigInt(offset) << HIGH) | BigInt(size));
        },
        write: () => null,
      },
    },
  ];
}

export function xsave(target: Target): X86Unit[] {
  return target.machine.vcpus.map((vcpu) => {
    const saved = (part: string): boolean => savedUnit(target, `vcpu/${vcpu.id}/${part}`) !== null;
    const without = target.has(CAPABILITY.XSAVE) === 0 && !saved('xsave');
    return { unit: without || saved('fpu') ? fpu(vcpu) : area(target, vcpu) };
  });
}

function fpu({ id, fd }: RunnableVcpu): BytesUnit {
  return {
    kind: 'bytes',
    name: `vcpu/${id}/fpu`,
    rule: 'x86/xsave',
    call: KVM_SET_FPU.name,
    fields: KVM_FPU.fields,
    read: () => fetch(fd, KVM_GET_FPU, KVM_FPU.size),
    write: (bytes) => fd.raw(KVM_SET_FPU, bytes, 'fpu'),
  };
}

function area(target: Target, { id, fd }: RunnableVcpu): BytesUnit {
  const name = `vcpu/${id}/xsave`;
  const size = Math.max(target.has(CAPABILITY.XSAVE2), LEAST);
  const own = besides(xsaveLayout(target.host.kvm));
  const here: Layout = own.ok ? own.value : new Map();
  const there = savedLayout(target) ?? here;
  const saved = savedUnit(target, name)?.data;
  const length = saved?.kind === 'bytes' ? Buffer.from(saved.base64, 'base64').length : size;
  const components = [...there].map(([xfeature, place]) => [`xfeature ${xfeature}`, place] as const);
  return {
    kind: 'bytes',
    name,
    rule: 'x86/xsave',
    call: KVM_SET_XSAVE.name,
    fields: { ...LEGACY, ...Object.fromEntries(components.filter(([, place]) => place.offset + place.size <= length)) },
    read() {
      if (!own.ok) return own;
      const read = readArea(fd, size, target.has(CAPABILITY.XSAVE2) > 0);
      return read.ok && target.state !== null ? ok(relocate(read.value, here, there, length).area) : read;
    },
    write(bytes) {
      if (!own.ok) return own;
      const { area: laidOut, lost } = relocate(bytes, there, here, size);
      if (lost.length > 0)
        return err(
          kvmError('ioctl', KVM_SET_XSAVE.name, `no room for xfeatures ${lost.join(', ')} in ${size} bytes`, EINVAL),
        );
      if (bytes.length !== size) target.adapt(name, `${bytes.length} bytes were saved; here the area has ${size}`);
      return fd.raw(KVM_SET_XSAVE, laidOut, `${size} bytes`);
    },
  };
}

function readArea(fd: Vcpu, size: number, second: boolean): Bytes {
  return fetch(fd, second ? KVM_GET_XSAVE2 : KVM_GET_XSAVE, size);
}

function savedLayout(target: Target): Layout | null {
  const registers = savedRegisters(target, LAYOUT);
  if (registers.size === 0) return null;
  return new Map(
    [...registers].map(([xfeature, place]) => [
      Number(xfeature),
      { offset: Number(place >> HIGH), size: Number(place & 0xffff_ffffn) },
    ]),
  );
}
