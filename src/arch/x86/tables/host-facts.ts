/**
 * Words that say how a host behaves when state is moved, by path, and what of it a guest carries or sees: its FPU state,
 * component by component, and the rate of its time stamp counter. What has no kind is a fact about the host: no guest
 * sees it, and verdicts on the state itself follow from it.
 */
import type { Comparison, Kind } from '../../../model/index.ts';
import { XFEATURES } from './words.ts';

export interface FactRow {
  readonly word: string;
  /** Bits. */
  readonly width: number;
  readonly kind?: Kind;
  readonly comparison?: Comparison;
  /** Parts per million by which a number may differ and still be the same. */
  readonly tolerance?: number;
  readonly description: string;
  readonly source: string;
}

const XSAVE = 'KVM API document, KVM_GET_XSAVE2 and KVM_SET_XSAVE; tried by the probe';
const TSC = 'KVM API document, KVM_SET_TSC_KHZ; tried by the probe';
const NESTED = 'KVM API document, KVM_GET_NESTED_STATE';

export const HOST_FACTS: readonly FactRow[] = [
  ...Object.values(XFEATURES).map((name): FactRow => ({
    word: `xsave/state/${name}`,
    width: 1,
    kind: 'state',
    description: `XSAVE component ${name} of a vCPU; 0: in its initial state`,
    source: 'Intel SDM volume 1, 13.6; KVM API document, KVM_GET_XSAVE',
  })),
  {
    word: 'xsave/state/ungiven',
    width: 1,
    kind: 'state',
    description: "XSAVE components that the guest's CPUID does not have and the host saves all the same",
    source: XSAVE,
  },
  {
    word: 'xsave/size',
    width: 64,
    description: 'bytes that KVM_GET_XSAVE2 writes; 0: only the form of 4096',
    source: XSAVE,
  },
  {
    word: 'xsave/takes-ungiven',
    width: 64,
    description: "KVM_SET_XSAVE takes a component that the guest's CPUID does not have",
    source: XSAVE,
  },
  {
    word: 'xsave/gives-ungiven',
    width: 64,
    description: "KVM_GET_XSAVE gives back a component that the guest's CPUID does not have",
    source: XSAVE,
  },
  {
    word: 'xsave/takes-unknown',
    width: 64,
    description: 'KVM_SET_XSAVE takes a component that no CPU has',
    source: XSAVE,
  },
  {
    word: 'tsc/khz',
    width: 32,
    kind: 'limit',
    comparison: 'exact',
    // KVM itself takes a rate as the host's own within 250 ppm (tsc_tolerance_ppm, kvm/x86.c).
    tolerance: 250,
    description: "the rate of the guest's TSC, in kHz; calibrated at each boot of the host",
    source: TSC,
  },
  {
    word: 'tsc/control',
    width: 64,
    description: 'the CPU can run the TSC at any rate (KVM_CAP_TSC_CONTROL)',
    source: TSC,
  },
  { word: 'tsc/slower', width: 64, description: 'a TSC of half the rate was taken', source: TSC },
  { word: 'tsc/faster', width: 64, description: 'a TSC of twice the rate was taken', source: TSC },
  {
    word: 'nested/maximum',
    width: 64,
    description: "the most bytes that a vCPU's nested state can take",
    source: NESTED,
  },
  { word: 'nested/format', width: 64, description: 'whose nested state it is: 0 VMX, 1 SVM', source: NESTED },
  {
    word: 'nested/size',
    width: 64,
    description: 'bytes of the nested state of a vCPU that has run nothing',
    source: NESTED,
  },
  {
    word: 'pmu/capability',
    width: 64,
    description: 'what of the PMU can be switched off, by bits',
    source: 'KVM API document, KVM_CAP_PMU_CAPABILITY',
  },
  {
    word: 'msr-control/user-space',
    width: 64,
    description: 'which MSR accesses can be left to the VMM, by bits: refused, unknown, filtered',
    source: 'KVM API document, KVM_CAP_X86_USER_SPACE_MSR; tried by the probe',
  },
  {
    word: 'msr-control/filter',
    width: 64,
    description: 'which MSR accesses can be denied, by bits: reads, writes',
    source: 'KVM API document, KVM_X86_SET_MSR_FILTER; tried by the probe',
  },
];
