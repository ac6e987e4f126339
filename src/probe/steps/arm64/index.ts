/** The steps that only an arm64 host answers. Those that run guests come last: they are the likeliest to hang. */
import type { Step } from '../../step.ts';
import { firmware } from './firmware.ts';
import { its, vgicV2, vgicV3 } from './gics.ts';
import { idRegisters } from './id-registers.ts';
import { OBSERVE } from './observe/index.ts';
import { ordering } from './ordering/index.ts';
import { state } from './state.ts';
import { sve } from './sve.ts';
import { unlistedRegisters } from './unlisted-registers.ts';
import { vcpuAttributes } from './vcpu-attributes.ts';
import { vcpus } from './vcpus.ts';
import { vm } from './vm.ts';

export const ARM64_STEPS: readonly Step[] = [
  vcpus,
  idRegisters,
  firmware,
  state,
  unlistedRegisters,
  sve,
  vgicV2,
  vgicV3,
  its,
  vcpuAttributes,
  vm,
  ordering,
  ...OBSERVE,
];
