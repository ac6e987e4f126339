/** Tests of the flags of KVM_CAP_X2APIC_API, and of what KVM_SET_LAPIC does with another vCPU's id. */
import {
  KVM_GET_LAPIC,
  KVM_LAPIC_STATE,
  KVM_SET_GSI_ROUTING,
  KVM_SET_LAPIC,
  KVM_SIGNAL_MSI,
  writeMsrs,
} from '../../../kvm/index.ts';
import type { KvmError, Vm } from '../../../kvm/index.ts';
import { ok } from '../../../model/index.ts';
import type { Result } from '../../../model/index.ts';
import type { GuestOperation } from '../index.ts';
import type { Bench } from './bench.ts';
import { APIC_PAGE, IA32_APIC_BASE, X2APIC_BASE } from './quirks.ts';
import { ANY_MODE, LONG_MODE, PLAIN, came, said, tried, undecided, valueOf } from './test.ts';
import type { BehaviourTest } from './test.ts';

/** Offsets in the page, and MSRs of the same registers in x2APIC mode (Intel SDM volume 3, tables 12-1 and 12-6). */
const VERSION = 0x30n;
const SPURIOUS = 0xf0n;
const EOI_REGISTER = 0xb0n;
const X2APIC_ID = 0x802;
const X2APIC_SPURIOUS = 0x80f;
const X2APIC_IRR = 0x820;
/** Version: directed EOI. Spurious vector: APIC on, EOI broadcasts suppressed (SDM volume 3, 12.4.8 and 12.9). */
const DIRECTED_EOI = 1n << 24n;
const APIC_ON = 0x1ffn;
const SUPPRESS_EOI_BROADCAST = 1n << 12n;

/** Of a message (SDM volume 3, 12.11): fixed delivery; level-triggered, asserted. */
const VECTOR_EDGE = 0x61;
const VECTOR_LEVEL = 0x62;
const LEVEL_ASSERTED = 0xc000;
const MSI_ADDRESS = 0xfee0_0000;
const destination = (id: number): number => MSI_ADDRESS + id * 0x1000;
/** include/uapi/linux/kvm.h */
const KVM_IRQ_ROUTING_MSI = 2;
const KVM_EXIT_IOAPIC_EOI = 26;

/** Calls that the VMM makes in mid-table: the first that fails ends the test. */
class Meanwhile {
  failure: Result<never, KvmError> | null = null;
  returned: number | null = null;

  make(done: Result<number, KvmError>): boolean {
    if (done.ok) this.returned = done.value;
    else this.failure ??= done;
    return done.ok;
  }
}

function signal(vm: Vm, id: number, data: number): Result<number, KvmError> {
  return vm.structReturning(KVM_SIGNAL_MSI, { address_lo: destination(id), data }, `destination=0x${id.toString(16)}`);
}

/** STI takes effect behind the next instruction. */
const TAKE_INTERRUPTS: GuestOperation = { do: 'raw', code: [0xfb, 0x90, 0x90, 0xfa] };
const HOST: GuestOperation = { do: 'host', token: 0 };

export const suppressEoiBroadcast: BehaviourTest = {
  id: 'suppress-eoi-broadcast',
  needs: { irqchip: 'split', vcpu: 0, alone: true },
  modes: LONG_MODE,
  run(bench) {
    const meanwhile = new Meanwhile();
    let sent = false;
    const operations: GuestOperation[] = [
      { do: 'load', address: APIC_PAGE + VERSION, bytes: 4 },
      { do: 'store', address: APIC_PAGE + SPURIOUS, bytes: 4, value: APIC_ON | SUPPRESS_EOI_BROADCAST },
      HOST,
      TAKE_INTERRUPTS,
      { do: 'store', address: APIC_PAGE + EOI_REGISTER, bytes: 4, value: 0n },
      { do: 'load', address: APIC_PAGE + VERSION, bytes: 4 },
    ];
    const done = tried(
      bench,
      operations,
      {
        eoi: 'none',
        onHost() {
          // A pin of an IOAPIC in the VMM is a route of the same number; KVM looks there for whose EOIs to tell of.
          const [address_lo, data] = [destination(0), VECTOR_LEVEL | LEVEL_ASSERTED];
          const routes = [{ gsi: 0, type: KVM_IRQ_ROUTING_MSI, address_lo, data }];
          const routed = bench.vm.entries(KVM_SET_GSI_ROUTING, routes);
          if (meanwhile.make(routed.ok ? ok(routed.value.returned) : routed)) meanwhile.make(signal(bench.vm, 0, data));
        },
        onExit(exit) {
          if (exit.reason !== 'other' || exit.number !== KVM_EXIT_IOAPIC_EOI) return 'default';
          sent = true;
          return 'handled';
        },
      },
      ([version], taken) => {
        const value = valueOf(version);
        if (value === null) return undecided(`the version register: ${said(version)}`);
        if ((taken.get(VECTOR_LEVEL) ?? 0) === 0) return undecided('the interrupt did not come', value);
        const told = (value & DIRECTED_EOI) !== 0n;
        if (sent) return came(told ? 'told-and-sent' : 'not-told', value);
        return came(told ? 'suppressed' : 'not-told-not-sent', value);
      },
    );
    return meanwhile.failure ?? done;
  },
};

export const x2apicBroadcast: BehaviourTest = {
  id: 'x2apic-broadcast',
  needs: { ...PLAIN, alone: true },
  modes: ANY_MODE,
  run(bench) {
    const meanwhile = new Meanwhile();
    const operations: GuestOperation[] = [
      { do: 'wrmsr', index: IA32_APIC_BASE, value: X2APIC_BASE },
      { do: 'wrmsr', index: X2APIC_SPURIOUS, value: APIC_ON },
      HOST,
      { do: 'rdmsr', index: X2APIC_IRR + (VECTOR_EDGE >> 5) },
    ];
    const done = tried(
      bench,
      operations,
      { onHost: () => void meanwhile.make(signal(bench.vm, 0xff, VECTOR_EDGE)) },
      ([mode, , , requested]) => {
        if (mode?.outcome !== 'values') return undecided(`x2APIC mode: ${said(mode)}`);
        const value = valueOf(requested);
        if (value === null) return undecided(`the request register: ${said(requested)}`);
        return came(((value >> BigInt(VECTOR_EDGE & 31)) & 1n) === 1n ? 'everybody' : 'nobody', value);
      },
    );
    return meanwhile.failure ?? done;
  },
};

const ID_OFFSET = 0x20;

/** The id as KVM_GET_LAPIC gives it, of a vCPU that is put into x2APIC mode from outside. */
function savedId({ vcpu }: Bench): Result<{ readonly id: number; readonly page: Uint8Array }, KvmError> {
  const mode = writeMsrs(vcpu, [{ index: IA32_APIC_BASE, data: X2APIC_BASE }]);
  if (!mode.ok) return mode;
  const page = new Uint8Array(KVM_LAPIC_STATE.size);
  const got = vcpu.raw(KVM_GET_LAPIC, page, '');
  return got.ok ? ok({ id: new DataView(page.buffer).getUint32(ID_OFFSET, true), page }) : got;
}

export const x2apicIdFormat: BehaviourTest = {
  id: 'x2apic-id-format',
  needs: { ...PLAIN, vcpu: 1, alone: true },
  modes: ANY_MODE,
  run(bench) {
    const saved = savedId(bench);
    if (!saved.ok) return saved;
    const { id } = saved.value;
    const read = BigInt(id);
    if (id === 1) return ok(came('bits-31-0', read));
    return ok(id === 0x100_0000 ? came('bits-31-24', read) : undecided('the id is in neither place', read));
  },
};

export const x2apicIdRestored: BehaviourTest = {
  id: 'x2apic-id-restored',
  needs: { ...PLAIN, alone: true },
  modes: ANY_MODE,
  run(bench) {
    const saved = savedId(bench);
    if (!saved.ok) return saved;
    const { page } = saved.value;
    // Of vCPU 1, in the format of a VM that did not ask for another.
    new DataView(page.buffer).setUint32(ID_OFFSET, 0x100_0000, true);
    const set = bench.vcpu.raw(KVM_SET_LAPIC, page, 'id=1');
    return tried(bench, [{ do: 'rdmsr', index: X2APIC_ID }], {}, ([read]) => {
      const value = valueOf(read);
      if (value === null) return undecided(`the id: ${said(read)}`);
      if (value !== 0n) return came('stored', value);
      return came(set.ok ? 'own' : 'refused', value);
    });
  },
};

export const APIC_TESTS: readonly BehaviourTest[] = [
  suppressEoiBroadcast,
  x2apicBroadcast,
  x2apicIdFormat,
  x2apicIdRestored,
];
