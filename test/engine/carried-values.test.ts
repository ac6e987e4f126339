/** State with a known value on a recorded kernel: what round trips in the lab showed to be taken must not be refused. */
import { describe, expect, it } from 'vitest';
import { check, pin } from '../../src/engine/index.ts';
import type { Level } from '../../src/model/index.ts';
import { defaultChoices } from '../../src/arch/index.ts';
import { recordedGroup } from '../lab/roundtrip/fakes.ts';

const arm64 = await recordedGroup('arm64', 'max', ['6.1', '7.3']);
const x86 = await recordedGroup('x86_64', 'max', ['7.3', '7.2']);

function levelOf(group: typeof arm64, word: string, value: bigint): Level {
  const { registry, architecture, hosts } = group;
  const [from, to] = hosts;
  if (from === undefined || to === undefined) throw new Error('two kernels');
  const pinned = pin(registry, [from.surface], { name: 'a', hosts: ['a'], choices: defaultChoices(architecture) });
  if (!pinned.ok) throw new Error(pinned.error.message);
  expect(pinned.value.carries).toContain(word);
  const { reasons } = check(registry, pinned.value, to.surface, { values: { [word]: value } });
  return reasons.find((reason) => reason.word === word)?.level ?? 'same';
}

describe('a value that a guest carries', () => {
  it('is taken whatever the status bits in it say, for they follow from the clock', () => {
    expect(levelOf(arm64, 'reg/CNTV_CTL_EL0', 0x5n)).toBe('same');
  });

  it('is taken in PSTATE, of which only a state that there is not was tried', () => {
    expect(levelOf(arm64, 'reg/PSTATE', 0x2000_0345n)).toBe('same');
  });

  it('is refused where the kernel lists the MSR and takes nothing but 0 for it', () => {
    expect(levelOf(x86, 'msr/MSR_IA32_LASTBRANCHFROMIP', 0xffff_ffff_8100_0040n)).toBe('refused');
    expect(levelOf(x86, 'msr/MSR_IA32_LASTBRANCHFROMIP', 0n)).toBe('same');
  });
});
