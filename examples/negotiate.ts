/**
 * A VMM that settles with KVM what its guest will find, and runs it: read the most that the host offers, take away what the
 * guest is not to have, write it, read it back, freeze, run. `node examples/negotiate.ts` on an x86_64 host with KVM.
 *
 * The guest is a few bytes of real-mode code that writes to a serial port and halts. What a VMM for use would do besides
 * (several vCPUs, devices, a deadline for KVM_RUN) is left out; the order of what is there is that of docs/ordering.md.
 */
import {
  KVM_GET_REGS,
  KVM_GET_SREGS,
  KVM_SET_REGS,
  KVM_SET_SREGS,
  KVM_SREGS,
  MAP_ANONYMOUS,
  MAP_PRIVATE,
  PROT_READ,
  PROT_WRITE,
  describeKvmError,
  openKvm,
  openLibc,
} from '../src/kvm/index.ts';
import type { KvmError, Vcpu } from '../src/kvm/index.ts';
import type { Result } from '../src/model/index.ts';
import { NewX86Vcpu, clearBits } from '../src/settings/index.ts';
import type { ConfiguredX86Vcpu, CpuidBits } from '../src/settings/index.ts';

/** What this VMM's guests are not to have, whatever the host offers: AVX2 and the protection keys. */
const UNWANTED: readonly CpuidBits[] = [
  { function: 7, index: 0, register: 'ebx', bits: 1 << 5 },
  { function: 7, index: 0, register: 'ecx', bits: 1 << 3 },
];

/** IA32_ARCH_CAPABILITIES, frozen too by the first run. */
const ARCH_CAPABILITIES = 0x10a;

const MEMORY = 0x4000;
const CODE = 0x1000;
const SERIAL = 0x3f8;
const MESSAGE = 'settled\n';

/** mov dx, 0x3f8; for each letter: mov al, letter; out dx, al; at the end: hlt */
const PROGRAM = [
  0xba,
  SERIAL & 0xff,
  SERIAL >> 8,
  ...[...Buffer.from(MESSAGE)].flatMap((byte) => [0xb0, byte, 0xee]),
  0xf4,
];

/** struct kvm_run: the reason of an exit, and of a KVM_EXIT_IO where and how much. */
const RUN = { exitReason: 8, ioDirection: 32, ioPort: 34, ioCount: 36, ioData: 40 } as const;
const KVM_EXIT_IO = 2;
const KVM_EXIT_HLT = 5;
const OUT = 1;

function main(): void {
  const libc = openLibc();
  using kvm = need(openKvm(libc));
  using vm = need(kvm.createVm());
  const memory = libc.mmap(MEMORY, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory === null) throw new Error('no memory for the guest');
  new Uint8Array(memory.memory).set(PROGRAM, CODE);
  need(vm.setMemory(0, 0n, memory));
  using fd = need(vm.createVcpu(0));

  // From here on each state of the vCPU is a type of its own: calling these in another order does not compile.
  const fresh = new NewX86Vcpu(kvm, fd);
  const configured = need(fresh.setCpuid(clearBits(need(fresh.maximum()), UNWANTED)));
  report(configured);
  const [supported] = need(configured.maximumMsrs([ARCH_CAPABILITIES]));
  if (typeof supported === 'bigint') need(configured.setMsrs([{ index: ARCH_CAPABILITIES, data: supported }]));
  startAt(configured.vcpu, CODE);
  const frozen = configured.freeze();

  const page = need(frozen.vcpu.mapRun(need(kvm.vcpuMmapSize())));
  const view = new DataView(page.memory);
  for (;;) {
    need(frozen.run());
    const reason = view.getUint32(RUN.exitReason, true);
    if (reason === KVM_EXIT_HLT) return;
    const out = reason === KVM_EXIT_IO && view.getUint8(RUN.ioDirection) === OUT;
    if (!out || view.getUint16(RUN.ioPort, true) !== SERIAL) throw new Error(`KVM_RUN ended for reason ${reason}`);
    const at = Number(view.getBigUint64(RUN.ioData, true));
    process.stdout.write(Buffer.from(page.memory, at, view.getUint32(RUN.ioCount, true)));
  }
}

/** A write that is accepted is no proof: what the vCPU has now is read, and compared with what was wanted. */
function report(vcpu: ConfiguredX86Vcpu): void {
  const given = need(vcpu.cpuid());
  const left = UNWANTED.filter(({ function: leaf, index, register, bits }) =>
    given.some((entry) => entry.function === leaf && entry.index === index && (entry[register] & bits) !== 0),
  );
  process.stderr.write(left.length === 0 ? 'CPUID reads back as written\n' : 'CPUID keeps what was taken away\n');
}

/** Real mode at `address`, with flat segments. */
function startAt(vcpu: Vcpu, address: number): void {
  const sregs = need(vcpu.struct(KVM_GET_SREGS, {}));
  // struct kvm_segment: the base in bytes 0 to 7, the selector in 12 and 13.
  const cs = Uint8Array.from(sregs.cs, (byte, at) => (at < 8 || at === 12 || at === 13 ? 0 : byte));
  const buffer = new Uint8Array(KVM_SREGS.size);
  need(vcpu.raw(KVM_GET_SREGS, buffer, ''));
  buffer.set(cs, KVM_SREGS.fields.cs.offset);
  need(vcpu.raw(KVM_SET_SREGS, buffer, 'cs.base=0'));
  const regs = need(vcpu.struct(KVM_GET_REGS, {}));
  need(vcpu.struct(KVM_SET_REGS, { ...regs, rip: BigInt(address), rflags: 2n }, `rip=0x${address.toString(16)}`));
}

/** An example ends at the first failure; a VMM would say more than that. */
function need<T>(result: Result<T, KvmError>): T {
  if (result.ok) return result.value;
  throw new Error(describeKvmError(result.error));
}

main();
