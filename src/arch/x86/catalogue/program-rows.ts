/**
 * What QEMU, libvirt and Firecracker select by other means than a property of one bit. The first row whose path is the
 * element's, or an outer one, counts. Null: the program cannot.
 */
import type { Selector } from '../../../model/index.ts';

interface ProgramRow extends Selector {
  readonly by: 'qemu' | 'libvirt' | 'firecracker';
  readonly of: string;
}

const QEMU = 'QEMU 10.0.13, target/i386/cpu.c, x86_cpu_properties and x86_cpu_initfn';
const QEMU_KVM = 'QEMU 10.0.13, target/i386/kvm/kvm.c';
const QEMU_NO_LEAF = 'QEMU 10.0.13, target/i386/cpu.c, cpu_x86_cpuid: it shows no such leaf';
const QEMU_NONE =
  'QEMU 10.0.13: no file under target/ and accel/ names KVM_CAP_DISABLE_QUIRKS or KVM_CAP_DISABLE_QUIRKS2';
const FIRECRACKER_NONE = 'Firecracker: no file under src/vmm names the capability';
const FIRECRACKER_HYPERV = 'Firecracker: src/vmm asks KVM for nothing of Hyper-V';
const LIBVIRT = 'libvirt, formatdomain: CPU model and topology';
const HYPERV = 'QEMU 10.0.13, target/i386/kvm/kvm.c, kvm_hyperv_properties and hyperv_fill_cpuids';
const CACHE_MODES = 'QEMU 10.0.13, target/i386/cpu.c: legacy-cache, host-cache-info, l3-cache';

const row = (by: ProgramRow['by'], of: string, how: string | null, source: string): ProgramRow => ({
  by,
  of,
  how,
  source,
});

const SMP = '-smp …,sockets=,dies=,cores=,threads=';
const TOPOLOGY = '<topology sockets= dies= cores= threads=/>';

/** Leaves and subleaves that QEMU has no case for: they read as zeros. */
const QEMU_LEAVES_WITHOUT: readonly string[] = [
  ...['0x15:0', '0x16:0', '0x17:0', '0x19:0', '0x1a:0', '0x1b:0', '0x20:0', '0x21:0', '0x23:0', '0x80000019:0'],
  ...['0x8000001a:0', '0x8000001b:0', '0x8000001c:0', '0x80000020:0', '0x80000023:0', '0x80000026:0'],
];

export const PROGRAM_ROWS: readonly ProgramRow[] = [
  ...QEMU_LEAVES_WITHOUT.map((leaf) => row('qemu', `cpuid/${leaf}`, null, QEMU_NO_LEAF)),
  row('qemu', 'cpuid/0x0:0/eax', '-cpu …,level=N', QEMU),
  row('qemu', 'cpuid/0x0:0', '-cpu …,vendor=STRING of 12 characters', QEMU),
  row('qemu', 'cpuid/0x1:0/eax', '-cpu …,family=,model=,stepping=', QEMU),
  row('qemu', 'cpuid/0x1:0/ebx/n_logical_cpu', SMP, QEMU),
  row('qemu', 'cpuid/0x1:0/ebx/local_apic_id', SMP, QEMU),
  row('qemu', 'cpuid/0x1:0/edx/ht', SMP, QEMU),
  row('qemu', 'cpuid/0x4:', SMP, QEMU),
  row('qemu', 'cpuid/0xa:0', '-cpu …,pmu=on or off, with the values of the host', QEMU),
  row('qemu', 'cpuid/0xb:0', SMP, QEMU),
  row('qemu', 'cpuid/0xb:1', SMP, QEMU),
  row('qemu', 'cpuid/0x40000000:0', '-cpu …,kvm=off hides the leaves', QEMU),
  row('qemu', 'cpuid/0x80000000:0/eax', '-cpu …,xlevel=N', QEMU),
  row('qemu', 'cpuid/0x80000002:0', '-cpu …,model-id=STRING', QEMU),
  row('qemu', 'cpuid/0x80000003:0', '-cpu …,model-id=STRING', QEMU),
  row('qemu', 'cpuid/0x80000004:0', '-cpu …,model-id=STRING', QEMU),
  row('qemu', 'cpuid/0x80000005:0', 'the CPU model, and legacy-cache', CACHE_MODES),
  row('qemu', 'cpuid/0x80000006:0', 'the CPU model, and legacy-cache', CACHE_MODES),
  row(
    'qemu',
    'cpuid/0x80000008:0/eax/phys_addr_bits',
    '-cpu …,phys-bits=N, or host-phys-bits=on with host-phys-bits-limit=N',
    QEMU,
  ),
  row('qemu', 'cpuid/0x80000008:0/eax/guest_phys_addr_bits', '-cpu …,guest-phys-bits=N', QEMU),
  row('qemu', 'cpuid/0x80000008:0/ecx', SMP, QEMU),
  row('qemu', 'cpuid/0x8000001d:0', 'the CPU model, and -smp', CACHE_MODES),
  row('qemu', 'cpuid/0x8000001e:0', SMP, QEMU),
  row('qemu', 'hyperv/0x40000003:0/eax/access_time_ref_count', '-cpu …,hv-time=on', HYPERV),
  row('qemu', 'hyperv/0x40000003:0/eax/access_reference_tsc', '-cpu …,hv-time=on', HYPERV),
  row('qemu', 'hyperv/0x40000003:0/eax/access_vp_runtime', '-cpu …,hv-runtime=on', HYPERV),
  row('qemu', 'hyperv/0x40000003:0/eax/access_synic', '-cpu …,hv-synic=on', HYPERV),
  row('qemu', 'hyperv/0x40000003:0/eax/access_stimer', '-cpu …,hv-stimer=on', HYPERV),
  row('qemu', 'hyperv/0x40000003:0/eax/access_apic', '-cpu …,hv-vapic=on', HYPERV),
  row('qemu', 'hyperv/0x40000003:0/eax/access_vp_index', '-cpu …,hv-vpindex=on', HYPERV),
  row('qemu', 'hyperv/0x40000003:0/eax/access_reset', '-cpu …,hv-reset=on', HYPERV),
  row('qemu', 'hyperv/0x40000003:0/eax/access_frequency', '-cpu …,hv-frequencies=on', HYPERV),
  row('qemu', 'hyperv/0x40000003:0/eax/access_reenlightenment', '-cpu …,hv-reenlightenment=on', HYPERV),
  row('qemu', 'hyperv/0x40000003:0/edx/guest_crash_msr', '-cpu …,hv-crash=on', HYPERV),
  row('qemu', 'hyperv/0x40000003:0/edx/stimer_direct_mode', '-cpu …,hv-stimer-direct=on', HYPERV),
  row('qemu', 'hyperv/0x40000003:0/edx/hypercall_xmm_input', '-cpu …,hv-xmm-input=on', HYPERV),
  row('qemu', 'hyperv/0x40000004:0/eax/remote_tlb_flush_recommended', '-cpu …,hv-tlbflush=on', HYPERV),
  row('qemu', 'hyperv/0x40000004:0/eax/relaxed_timing_recommended', '-cpu …,hv-relaxed=on', HYPERV),
  row('qemu', 'hyperv/0x40000004:0/eax/cluster_ipi_recommended', '-cpu …,hv-ipi=on', HYPERV),
  row('qemu', 'hyperv/0x40000004:0/eax/enlightened_vmcs_recommended', '-cpu …,hv-evmcs=on', HYPERV),
  row('qemu', 'hyperv/0x40000004:0/eax/apic_access_recommended', '-cpu …,hv-vapic=on', HYPERV),
  row('qemu', 'hyperv/0x40000004:0/eax/no_nonarch_coresharing', '-cpu …,hv-no-nonarch-coresharing=on', HYPERV),
  row('qemu', 'hyperv/0x40000003:0/eax/access_hypercall', 'any hv- property', HYPERV),
  row('qemu', 'hyperv/0x40000003:0/ebx/post_messages', '-cpu …,hv-synic=on', HYPERV),
  row('qemu', 'hyperv/0x40000003:0/ebx/signal_events', '-cpu …,hv-synic=on', HYPERV),
  row('qemu', 'hyperv/0x40000003:0/edx/cpu_dynamic_partitioning', 'any hv- property', HYPERV),
  row('qemu', 'hyperv/0x40000003:0/edx/frequency_msrs', '-cpu …,hv-frequencies=on', HYPERV),
  row('qemu', 'hyperv/0x40000003:0/edx/ext_gva_ranges_flush', '-cpu …,hv-tlbflush-ext=on', HYPERV),
  row('qemu', 'hyperv/0x40000003:0/edx/debug_msrs', '-cpu …,hv-syndbg=on', HYPERV),
  row('qemu', 'hyperv/0x40000004:0/eax/deprecating_aeoi_recommended', '-cpu …,hv-avic=on', HYPERV),
  row('qemu', 'hyperv/0x40000004:0/eax/ex_processor_masks_recommended', '-cpu …,hv-tlbflush=on or hv-ipi=on', HYPERV),
  row('qemu', 'hyperv/0x40000004:0/ebx/spin_retries', '-cpu …,hv-spinlocks=N', HYPERV),
  row('qemu', 'hyperv/0x40000005:0/eax/max_virtual_processors', '-cpu …,x-hv-max-vps=N', HYPERV),
  row('qemu', 'hyperv/0x4000000a:0/eax/nested_direct_flush', '-cpu …,hv-tlbflush-direct=on', HYPERV),
  row('qemu', 'hyperv/0x4000000a:0/eax/nested_msr_bitmap', '-cpu …,hv-emsr-bitmap=on', HYPERV),
  row('qemu', 'hyperv/0x40000000:0/ebx/vendor_0', '-cpu …,hv-vendor-id=STRING', HYPERV),
  row('qemu', 'hyperv/0x40000000:0/ecx/vendor_1', '-cpu …,hv-vendor-id=STRING', HYPERV),
  row('qemu', 'hyperv/0x40000000:0/edx/vendor_2', '-cpu …,hv-vendor-id=STRING', HYPERV),
  row('qemu', 'hyperv/0x40000002:0/eax/build', '-cpu …,hv-version-id-build=N', HYPERV),
  row('qemu', 'hyperv/0x40000002:0/ebx/major', '-cpu …,hv-version-id-major=N', HYPERV),
  row('qemu', 'hyperv/0x40000002:0/ebx/minor', '-cpu …,hv-version-id-minor=N', HYPERV),
  row('qemu', 'hyperv/0x40000002:0/ecx/service_pack', '-cpu …,hv-version-id-spack=N', HYPERV),
  row('qemu', 'hyperv/0x40000002:0/edx/service_branch', '-cpu …,hv-version-id-sbranch=N', HYPERV),
  row('qemu', 'hyperv/0x40000002:0/edx/service_number', '-cpu …,hv-version-id-snumber=N', HYPERV),
  row('qemu', 'msr/MSR_IA32_UCODE_REV', '-cpu …,ucode-rev=N', QEMU),
  row(
    'qemu',
    'quirk/IGNORE_GUEST_PAT',
    '-accel kvm,honor-guest-pat=on, off or auto',
    "QEMU 11.1.3, the program's list of properties",
  ),
  row('qemu', 'quirk', null, QEMU_NONE),
  row('qemu', 'msr/MSR_PLATFORM_INFO', null, QEMU_KVM),
  row('qemu', 'msr/MSR_AMD64_DE_CFG', null, QEMU_KVM),
  row('qemu', 'lapic/VERSION', null, 'QEMU 10.0.13, hw/i386/kvm/apic.c, kvm_put_apic_state: not among those written'),
  row(
    'qemu',
    'x2apic/USE_32BIT_IDS',
    '-machine kernel-irqchip=split, with more than 255 vCPUs or -device intel-iommu,eim=on',
    QEMU_KVM,
  ),
  row(
    'qemu',
    'x2apic/DISABLE_BROADCAST_QUIRK',
    '-machine kernel-irqchip=split, with more than 255 vCPUs or -device intel-iommu,eim=on',
    QEMU_KVM,
  ),
  row('qemu', 'switch/ENFORCE_PV_FEATURE_CPUID', '-cpu …,kvm-pv-enforce-cpuid=on', QEMU),
  row('qemu', 'switch/HYPERV_ENFORCE_CPUID', '-cpu …,hv-enforce-cpuid=on', HYPERV),
  row('qemu', 'switch/DISABLE_EXITS_', '-overcommit cpu-pm=on', QEMU_KVM),
  row('qemu', 'switch/HYPERV_SYNIC', '-cpu …,hv-synic=on', HYPERV),
  row('qemu', 'switch/HYPERV_SYNIC2', '-cpu …,hv-synic=on', HYPERV),
  row('qemu', 'switch/HYPERV_DIRECT_TLBFLUSH', '-cpu …,hv-tlbflush-direct=on', HYPERV),
  row('qemu', 'switch/SPLIT_IRQCHIP', '-machine kernel-irqchip=split', QEMU_KVM),
  row('qemu', 'switch/NOTIFY_VMEXIT', '-accel kvm,notify-vmexit=run, internal-error or disable', QEMU_KVM),
  row('qemu', 'switch/BUS_LOCK_EXIT', '-machine bus-lock-ratelimit=N', QEMU_KVM),
  row('qemu', 'tsc/khz', '-cpu …,tsc-frequency=HZ', QEMU),
  row('libvirt', 'cpuid/0x1:0/ebx/n_logical_cpu', TOPOLOGY, LIBVIRT),
  row('libvirt', 'cpuid/0x1:0/edx/ht', TOPOLOGY, LIBVIRT),
  row('libvirt', 'cpuid/0xb:0', TOPOLOGY, LIBVIRT),
  row('libvirt', 'cpuid/0xb:1', TOPOLOGY, LIBVIRT),
  row('libvirt', 'cpuid/0x80000008:0/eax/phys_addr_bits', "<maxphysaddr mode='emulate' bits='N'/>", LIBVIRT),
  row('libvirt', 'cpuid/0x40000000:0', "<kvm><hidden state='on'/></kvm>", 'libvirt, formatdomain: Hypervisor features'),
  row(
    'libvirt',
    'cpuid/0x40000001:0/edx/kvm_hints_realtime',
    "<kvm><hint-dedicated state='on'/></kvm>",
    'libvirt, formatdomain: Hypervisor features',
  ),
  row('libvirt', 'cpuid/0xa:0', "<pmu state='on'/>, or 'off'", 'libvirt, formatdomain: Hypervisor features'),
  row('libvirt', 'tsc/khz', "<timer name='tsc' frequency='HZ'/>", 'libvirt, formatdomain: Time keeping'),
  row('libvirt', 'quirk', null, 'libvirt, formatdomain, which has no such element'),
  row('firecracker', 'quirk', null, FIRECRACKER_NONE),
  row('firecracker', 'x2apic', null, FIRECRACKER_NONE),
  row('firecracker', 'hyperv', null, FIRECRACKER_HYPERV),
  row(
    'firecracker',
    'tsc/khz',
    null,
    'Firecracker, docs/snapshotting: the rate of the snapshot is set where the host can',
  ),
];
