/**
 * Subsections of an Arm vCPU's state: target/arm/machine.c of 5.2, 7.2, 10.0 and 10.2; what 11.1 has is known by its names
 * alone, from the program. The registers themselves travel by KVM's ids in two lists (cpreg_vmstate_indexes and
 * cpreg_vmstate_values), and cpu_post_load compares the ids with those of the destination.
 */
import type { SubsectionRow } from './model.ts';

const profile = 'of a guest without AArch64';

export const ARM64_SUBSECTIONS: readonly SubsectionRow[] = [
  { name: 'cpu/vfp', since: '5.2', sent: 'where the guest has floating point' },
  { name: 'cpu/iwmmxt', since: '5.2', until: '10.0', sent: profile },
  { name: 'cpu/sve', since: '5.2', sent: 'where the guest has SVE' },
  { name: 'cpu/sve/zreg_hi', since: '5.2', sent: 'inside of cpu/sve' },
  { name: 'cpu/sve/preg', since: '5.2', sent: 'inside of cpu/sve' },
  { name: 'cpu/serror', since: '5.2', sent: 'while an SError is pending' },
  { name: 'cpu/irq-line-state', since: '5.2', sent: 'always' },
  { name: 'cpu/m', since: '5.2', sent: profile },
  { name: 'cpu/m/faultmask-primask', since: '5.2', sent: profile },
  { name: 'cpu/m/csselr', since: '5.2', sent: profile },
  { name: 'cpu/m/scr', since: '5.2', sent: profile },
  { name: 'cpu/m/other-sp', since: '5.2', sent: profile },
  { name: 'cpu/m/v8m', since: '5.2', sent: profile },
  { name: 'cpu/m/fp', since: '5.2', sent: profile },
  { name: 'cpu/m-security', since: '5.2', sent: profile },
  { name: 'cpu/thumb2ee', since: '5.2', sent: profile },
  { name: 'cpu/pmsav7', since: '5.2', sent: profile },
  { name: 'cpu/pmsav7-rnr', since: '5.2', sent: profile },
  { name: 'cpu/pmsav8', since: '5.2', sent: profile },
  { name: 'cpu/m/mve', since: '7.2', sent: profile },
  { name: 'cpu/sme', since: '7.2', sent: 'while ZA is enabled' },
  { name: 'cpu/vfp/fpcr_fpsr', since: '10.0', sent: 'where FPCR or FPSR has bits that AArch32 does not' },
  { name: 'cpu/pmsav8/pmsav8r', since: '10.0', sent: profile },
  { name: 'cpu/wfxt-timer', since: '10.0', sent: 'where the guest has FEAT_WFxT (TCG)' },
  { name: 'cpu/pstate64', since: '11.1', sent: 'not read' },
  { name: 'cpu/syndrome64', since: '11.1', sent: 'not read' },
  { name: 'cpu/zt0', since: '11.1', sent: 'not read' },
  { name: 'cpu/fpmr', since: '11.1', sent: 'not read' },
  { name: 'cpu/event', since: '11.1', sent: 'not read' },
];
