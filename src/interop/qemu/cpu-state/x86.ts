/**
 * What QEMU calls the registers of an x86 vCPU in a stream: fields of the section `cpu` and of its subsections
 * (target/i386/machine.c of 5.2, 7.2, 10.0 and 10.2), which MSRs they hold (kvm_put_msrs, target/i386/kvm/kvm.c), and when
 * a subsection is sent. The subsections that 11.1 has beyond those are known by their names alone, from the program.
 */
import { msrWord } from '../../../arch/x86/msr-names.ts';
import type { WordPath } from '../../../model/index.ts';
import type { SubsectionRow } from './model.ts';

const nonZero = 'where it is not 0';

export const X86_SUBSECTIONS: readonly SubsectionRow[] = [
  { name: 'cpu/exception_info', since: '5.2', sent: 'while an exception of a nested guest is pending' },
  { name: 'cpu/async_pf_msr', since: '5.2', sent: nonZero },
  { name: 'cpu/async_pf_int_msr', since: '5.2', sent: nonZero },
  { name: 'cpu/async_pv_eoi_msr', since: '5.2', sent: nonZero },
  { name: 'cpu/steal_time_msr', since: '5.2', sent: nonZero },
  { name: 'cpu/poll_control_msr', since: '5.2', sent: 'where it is not 1' },
  { name: 'cpu/fpop_ip_dp', since: '5.2', sent: 'where one of the three is not 0' },
  { name: 'cpu/msr_tsc_adjust', since: '5.2', sent: nonZero },
  { name: 'cpu/msr_tscdeadline', since: '5.2', sent: nonZero },
  { name: 'cpu/msr_ia32_misc_enable', since: '5.2', sent: 'where it is not 1' },
  { name: 'cpu/msr_ia32_feature_control', since: '5.2', sent: nonZero },
  { name: 'cpu/msr_architectural_pmu', since: '5.2', sent: 'where a counter or its control is not 0' },
  { name: 'cpu/mpx', since: '5.2', sent: 'where a bound register is not 0' },
  { name: 'cpu/msr_hyperv_hypercall', since: '5.2', sent: nonZero },
  { name: 'cpu/msr_hyperv_vapic', since: '5.2', sent: nonZero },
  { name: 'cpu/msr_hyperv_time', since: '5.2', sent: nonZero },
  { name: 'cpu/msr_hyperv_crash', since: '5.2', sent: nonZero },
  { name: 'cpu/msr_hyperv_runtime', since: '5.2', sent: 'with hv-runtime where it is not 0' },
  { name: 'cpu/msr_hyperv_synic', since: '5.2', sent: nonZero },
  { name: 'cpu/msr_hyperv_stimer', since: '5.2', sent: nonZero },
  { name: 'cpu/msr_hyperv_reenlightenment', since: '5.2', sent: nonZero },
  { name: 'cpu/avx512', since: '5.2', sent: 'where a mask register or an upper half is not 0' },
  { name: 'cpu/xss', since: '5.2', sent: nonZero },
  { name: 'cpu/umwait', since: '5.2', sent: nonZero },
  { name: 'cpu/tsc_khz', since: '5.2', sent: 'where it is known, of machine types since 2.5' },
  { name: 'cpu/msr_smi_count', since: '5.2', sent: 'where it is not 0, of machine types since 2.12' },
  { name: 'cpu/pkru', since: '5.2', sent: nonZero },
  { name: 'cpu/mcg_ext_ctl', since: '5.2', sent: 'with lmce=on where it is not 0' },
  { name: 'cpu/spec_ctrl', since: '5.2', sent: nonZero },
  { name: 'cpu/intel_pt', since: '5.2', sent: nonZero },
  { name: 'cpu/virt_ssbd', since: '5.2', sent: nonZero },
  { name: 'cpu/svn_npt', since: '5.2', sent: 'while a nested guest with nested paging runs (TCG)' },
  { name: 'cpu/msr_tsx_ctrl', since: '5.2', sent: 'where ARCH_CAPABILITIES shows TSX_CTRL' },
  {
    name: 'cpu/nested_state',
    since: '5.2',
    sent: 'while the guest has VMXON, or SVM is enabled',
    // nested_state_post_load: "Received nested state when kernel cannot restore it".
    insists: 'capability/KVM_CAP_NESTED_STATE',
  },
  { name: 'cpu/kvm_nested_state', since: '5.2', sent: 'inside of cpu/nested_state' },
  { name: 'cpu/kvm_nested_state/vmx', since: '5.2', sent: 'while the guest has VMXON' },
  { name: 'cpu/kvm_nested_state/vmx/vmcs12', since: '5.2', sent: 'while a VMCS is current' },
  { name: 'cpu/kvm_nested_state/vmx/shadow_vmcs12', since: '5.2', sent: 'while that VMCS has a shadow' },
  { name: 'cpu/kvm_nested_state/svm', since: '5.2', sent: 'while a nested guest runs' },
  { name: 'cpu/efer32', since: '5.2', sent: 'by qemu-system-i386 only' },
  { name: 'cpu/svm_guest', since: '7.2', sent: 'while a nested guest runs (TCG)' },
  { name: 'cpu/amd_tsc_scale_msr', since: '7.2', sent: 'where the guest has tsc-scale' },
  { name: 'cpu/pkrs', since: '7.2', sent: nonZero },
  { name: 'cpu/intel_sgx', since: '7.2', sent: 'where the guest has sgxlc' },
  { name: 'cpu/pdptrs', since: '7.2', sent: 'with PAE paging where KVM_GET_SREGS2 gave them' },
  { name: 'cpu/msr_xfd', since: '7.2', sent: 'where the guest has xfd' },
  { name: 'cpu/intel_amx_xtile', since: '7.2', sent: 'where the guest has amx-tile' },
  { name: 'cpu/arch_lbr', since: '7.2', sent: 'where the guest has arch-lbr' },
  { name: 'cpu/triple_fault', since: '7.2', sent: 'while a triple fault is pending' },
  { name: 'cpu/xen_vcpu', since: '10.0', sent: 'with -accel kvm,xen-version=…' },
  { name: 'cpu/msr_hwcr', since: '10.0', sent: nonZero },
  { name: 'cpu/fred', since: '10.0', sent: 'where the guest has fred' },
  { name: 'cpu/error_code', since: '11.1', sent: 'not read (10.2 has it, 10.0 has not)' },
  { name: 'cpu/apx', since: '11.1', sent: 'not read' },
  { name: 'cpu/cet', since: '11.1', sent: 'not read' },
  { name: 'cpu/cet_shstk', since: '11.1', sent: 'not read' },
  { name: 'cpu/msr_pl0_ssp', since: '11.1', sent: 'not read' },
];

/** The MSR of a field; of an array the first, and how far apart they are. */
type Msrs = number | { readonly first: number; readonly step: number } | readonly number[];

const array = (first: number, step: number = 1): Msrs => ({ first, step });

const FIELDS: Readonly<Record<string, Msrs>> = {
  'env.sysenter_cs': 0x174,
  'env.sysenter_esp': 0x175,
  'env.sysenter_eip': 0x176,
  'env.star': 0xc0000081,
  'env.lstar': 0xc0000082,
  'env.cstar': 0xc0000083,
  'env.fmask': 0xc0000084,
  'env.kernelgsbase': 0xc0000102,
  'env.smbase': 0x9e,
  'env.pat': 0x277,
  'env.vm_hsave': 0xc0010117,
  'env.mtrr_fixed': [0x250, 0x258, 0x259, 0x268, 0x269, 0x26a, 0x26b, 0x26c, 0x26d, 0x26e, 0x26f],
  'env.mtrr_deftype': 0x2ff,
  'env.mtrr_var/base': array(0x200, 2),
  'env.mtrr_var/mask': array(0x201, 2),
  'env.tsc': 0x10,
  'env.mcg_status': 0x17a,
  'env.mcg_ctl': 0x17b,
  'env.mce_banks': array(0x400),
  'env.tsc_aux': 0xc0000103,
  'env.system_time_msr': 0x12,
  'env.wall_clock_msr': 0x11,
  'env.async_pf_en_msr': 0x4b564d02,
  'env.steal_time_msr': 0x4b564d03,
  'env.pv_eoi_en_msr': 0x4b564d04,
  'env.poll_control_msr': 0x4b564d05,
  'env.async_pf_int_msr': 0x4b564d06,
  'env.tsc_adjust': 0x3b,
  'env.msr_smi_count': 0x34,
  'env.tsc_deadline': 0x6e0,
  'env.msr_ia32_misc_enable': 0x1a0,
  'env.msr_ia32_feature_control': 0x3a,
  'env.msr_fixed_ctr_ctrl': 0x38d,
  'env.msr_global_status': 0x38e,
  'env.msr_global_ctrl': 0x38f,
  'env.msr_global_ovf_ctrl': 0x390,
  'env.msr_fixed_counters': array(0x309),
  'env.msr_gp_counters': array(0xc1),
  'env.msr_gp_evtsel': array(0x186),
  'env.msr_bndcfgs': 0xd90,
  'env.msr_hv_guest_os_id': 0x40000000,
  'env.msr_hv_hypercall': 0x40000001,
  'env.msr_hv_vapic': 0x40000073,
  'env.msr_hv_tsc': 0x40000021,
  'env.msr_hv_crash_params': array(0x40000100),
  'env.msr_hv_runtime': 0x40000010,
  'env.msr_hv_synic_control': 0x40000080,
  'env.msr_hv_synic_evt_page': 0x40000082,
  'env.msr_hv_synic_msg_page': 0x40000083,
  'env.msr_hv_synic_sint': array(0x40000090),
  'env.msr_hv_stimer_config': array(0x400000b0, 2),
  'env.msr_hv_stimer_count': array(0x400000b1, 2),
  'env.msr_hv_reenlightenment_control': 0x40000106,
  'env.msr_hv_tsc_emulation_control': 0x40000107,
  'env.msr_hv_tsc_emulation_status': 0x40000108,
  'env.xss': 0xda0,
  'env.umwait': 0xe1,
  'env.pkrs': 0x6e1,
  'env.mcg_ext_ctl': 0x4d0,
  'env.spec_ctrl': 0x48,
  'env.amd_tsc_scale_msr': 0xc0000104,
  'env.msr_rtit_ctrl': 0x570,
  'env.msr_rtit_status': 0x571,
  'env.msr_rtit_output_base': 0x560,
  'env.msr_rtit_output_mask': 0x561,
  'env.msr_rtit_cr3_match': 0x572,
  'env.msr_rtit_addrs': array(0x580),
  'env.virt_ssbd': 0xc001011f,
  'env.tsx_ctrl': 0x122,
  'env.msr_ia32_sgxlepubkeyhash': array(0x8c),
  'env.msr_xfd': 0x1c4,
  'env.msr_xfd_err': 0x1c5,
  'env.msr_hwcr': 0xc0010015,
  'env.fred_rsp0': 0x1cc,
  'env.fred_rsp1': 0x1cd,
  'env.fred_rsp2': 0x1ce,
  'env.fred_rsp3': 0x1cf,
  'env.fred_stklvls': 0x1d0,
  'env.fred_ssp1': 0x1d1,
  'env.fred_ssp2': 0x1d2,
  'env.fred_ssp3': 0x1d3,
  'env.fred_config': 0x1d4,
  'env.msr_lbr_ctl': 0x14ce,
  'env.msr_lbr_depth': 0x14cf,
  'env.lbr_records/from': array(0x1500),
  'env.lbr_records/to': array(0x1600),
  'env.lbr_records/info': array(0x1200),
};

/** All that hold an MSR. */
export const X86_FIELDS: readonly string[] = Object.keys(FIELDS);

/**
 * Arrays as long as QEMU could ever need them: it writes as many back as the guest's CPUID has (counters, banks, ranges,
 * records), so that zeros may be of registers that no guest has.
 */
const LONGER_THAN_GUESTS: readonly string[] = [
  'env.mce_banks',
  'env.msr_fixed_counters',
  'env.msr_gp_counters',
  'env.msr_gp_evtsel',
  'env.msr_rtit_addrs',
  'env.lbr_records/from',
  'env.lbr_records/to',
  'env.lbr_records/info',
];

/**
 * KVM takes these and lists them nowhere (arch/x86/kvm: kvm_mtrr_set_msr, set_msr_mce), so that it says nothing of a host
 * that it does not list them.
 */
const UNLISTED: readonly string[] = [
  'env.mtrr_fixed',
  'env.mtrr_deftype',
  'env.mtrr_var/base',
  'env.mtrr_var/mask',
  'env.mce_banks',
];

/**
 * The MSR that a field holds; null for other registers. `name`: of a field in an array of structs with the array's,
 * `env.mtrr_var/base`. `index`: of the element, of arrays.
 */
export function x86FieldWord(name: string, index: number | null): WordPath | null {
  const msrs = Object.hasOwn(FIELDS, name) ? FIELDS[name] : undefined;
  if (msrs === undefined) return null;
  if (typeof msrs === 'number') return msrWord(msrs);
  if ('first' in msrs) return msrWord(msrs.first + msrs.step * (index ?? 0));
  const msr = msrs[index ?? 0];
  return msr === undefined ? null : msrWord(msr);
}

/** True where 0 in this array may stand for a register that the guest does not have. */
export function isLongerThanGuests(name: string): boolean {
  return LONGER_THAN_GUESTS.includes(name);
}

/** True where KVM_GET_MSR_INDEX_LIST tells whether a host has the register. */
export function isListed(name: string): boolean {
  return !UNLISTED.includes(name);
}
