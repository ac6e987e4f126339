/**
 * Fields of ID registers that give a guest a unit of state. A guest that was promised 0 in every one of a row cannot have
 * written it: accesses are undefined or trapped without the feature (Arm ARM D24, and D12 for the PMU; the visibility
 * functions and fine-grained traps of arch/arm64/kvm/sys_regs.c).
 */
import type { StateGate } from '../../../model/index.ts';
import { ID_FIELDS } from './id-fields.ts';

interface GateRow {
  readonly names: RegExp;
  readonly fields: readonly (readonly [register: string, field: string])[];
}

const PFR0 = 'ID_AA64PFR0_EL1';
const PFR1 = 'ID_AA64PFR1_EL1';
const ISAR1 = 'ID_AA64ISAR1_EL1';
const ISAR2 = 'ID_AA64ISAR2_EL1';
const MMFR3 = 'ID_AA64MMFR3_EL1';

const GATES: readonly GateRow[] = [
  { names: /^TCR2_EL1$/, fields: [[MMFR3, 'TCRX']] },
  { names: /^SCTLR2_EL1$/, fields: [[MMFR3, 'SCTLRX']] },
  { names: /^PIR(E0)?_EL1$/, fields: [[MMFR3, 'S1PIE']] },
  { names: /^POR_EL[01]$/, fields: [[MMFR3, 'S1POE']] },
  { names: /^S2POR_EL1$/, fields: [[MMFR3, 'S2POE']] },
  { names: /^A?MAIR2_EL1$/, fields: [[MMFR3, 'AIE']] },
  { names: /^(RGSR|GCR|TFSR|TFSRE0)_EL1$/, fields: [[PFR1, 'MTE']] },
  { names: /^GCS(CR|CRE0)_EL1$|^GCSPR_EL[01]$/, fields: [[PFR1, 'GCS']] },
  { names: /^RCWS?MASK_EL1$/, fields: [[PFR1, 'THE']] },
  { names: /^PFAR_EL1$/, fields: [[PFR1, 'PFAR']] },
  { names: /^(SVCR|SMCR_EL1|SMPRI_EL1|TPIDR2_EL0)$/, fields: [[PFR1, 'SME']] },
  { names: /^FPMR$/, fields: [['ID_AA64PFR2_EL1', 'FPMR']] },
  { names: /^(ZCR_EL1|Z\d+|P\d+|FFR)$/, fields: [[PFR0, 'SVE']] },
  {
    names: /^AP[DI][AB]KEY(LO|HI)_EL1$/,
    fields: [
      [ISAR1, 'APA'],
      [ISAR1, 'API'],
      [ISAR2, 'APA3'],
    ],
  },
  {
    names: /^APGAKEY(LO|HI)_EL1$/,
    fields: [
      [ISAR1, 'GPA'],
      [ISAR1, 'GPI'],
      [ISAR2, 'GPA3'],
    ],
  },
  {
    names: /^(PMCC|PMEV|PMIC|PMCNTEN|PMINTEN|PMOVS|PMSELR|PMUSERENR|PMSWINC|PMMIR|PMXEV)/,
    fields: [['ID_AA64DFR0_EL1', 'PMUVer']],
  },
  {
    names: /^MPAM(0|1|SM)_EL1$/,
    fields: [
      [PFR0, 'MPAM'],
      [PFR1, 'MPAM_frac'],
    ],
  },
  { names: /^LOR(SA|EA|N|C)_EL1$/, fields: [['ID_AA64MMFR1_EL1', 'LO']] },
  { names: /^ACCDATA_EL1$/, fields: [[ISAR1, 'LS64']] },
  {
    names: /^DISR_EL1$/,
    fields: [
      [PFR0, 'RAS'],
      [PFR1, 'RAS_frac'],
    ],
  },
  // The AArch32 registers with a name of EL2 are a kernel's: AArch64 EL1 cannot reach them, and EL2 is not needed.
  { names: /^(?!(DACR32|IFSR32|FPEXC32|DBGVCR32)_).*_EL2$/, fields: [[PFR0, 'EL2']] },
];

/** Of a register by name; empty where every guest can use it. */
export function gatesOf(name: string): readonly StateGate[] {
  const row = GATES.find(({ names }) => names.test(name));
  return (row?.fields ?? []).flatMap(([register, field]): StateGate[] => {
    const known = ID_FIELDS[register]?.find(([candidate]) => candidate === field);
    if (known === undefined) return [];
    const [, shift, width] = known;
    return [{ word: `reg/${register}`, bits: ((1n << BigInt(width)) - 1n) << BigInt(shift) }];
  });
}
