/** The steps that only an x86_64 host answers. Those that run a guest come last: they are the likeliest to hang. */
import type { Step } from '../../step.ts';
import { cpuidLatitude } from './cpuid-latitude.ts';
import { cpuidObserved } from './cpuid-observed.ts';
import { cpuid } from './cpuid.ts';
import { featureMsr } from './feature-msr.ts';
import { lapic } from './lapic.ts';
import { msrControl } from './msr-control.ts';
import { msr } from './msr.ts';
import { nested } from './nested.ts';
import { OBSERVE } from './observe/index.ts';
import { ordering } from './ordering/index.ts';
import { pmu } from './pmu.ts';
import { quirk } from './quirk.ts';
import { switches } from './switches.ts';
import { tsc } from './tsc.ts';
import { x2apic } from './x2apic.ts';
import { xsave } from './xsave.ts';

export const X86_STEPS: readonly Step[] = [
  cpuid,
  cpuidLatitude,
  msr,
  featureMsr,
  quirk,
  xsave,
  x2apic,
  lapic,
  tsc,
  nested,
  pmu,
  msrControl,
  switches,
  cpuidObserved,
  ordering,
  ...OBSERVE,
];
