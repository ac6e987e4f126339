/** A wrong order of settings does not compile; what the types cannot see throws. */
import { expect, test } from 'vitest';
import type {
  ConfiguredX86Vcpu,
  FinalizedArm64Vcpu,
  FrozenArm64Vcpu,
  FrozenX86Vcpu,
  InitializedArm64Vcpu,
  NewArm64Vcpu,
} from '../../src/settings/index.ts';
import { NewX86Vcpu } from '../../src/settings/index.ts';
import { fake } from '../kvm/fake-libc.ts';

/** Never called: that the lines marked as errors are errors is checked by the compiler (`npm run check`). */
export function mistakesOnX86(
  fresh: NewX86Vcpu,
  configured: ConfiguredX86Vcpu,
  frozen: FrozenX86Vcpu,
  show: (vcpu: FrozenX86Vcpu) => void,
): void {
  // @ts-expect-error MSRs depend on CPUID
  fresh.setMsrs([{ index: 0x10a, data: 0n }]);
  // @ts-expect-error a vCPU without CPUID does not run
  fresh.run();
  // @ts-expect-error nor is it frozen
  fresh.freeze();
  // @ts-expect-error state is restored after CPUID
  const early = fresh.vcpu;
  // @ts-expect-error CPUID is set once
  configured.setCpuid([]);
  // @ts-expect-error it runs once it is frozen
  configured.run();
  // @ts-expect-error feature MSRs are settled by the first run
  frozen.setMsrs([]);
  // @ts-expect-error so is CPUID
  frozen.setCpuid([]);
  // @ts-expect-error one state is not another
  show(configured);
  // @ts-expect-error nor the other way round
  const back: ConfiguredX86Vcpu = frozen;
  // Right, and so no error.
  const set = fresh.setCpuid([]);
  if (set.ok) show(set.value.freeze());
  void [early, back];
}

export function mistakesOnArm64(
  fresh: NewArm64Vcpu,
  initialized: InitializedArm64Vcpu,
  finalized: FinalizedArm64Vcpu,
  frozen: FrozenArm64Vcpu,
): void {
  // @ts-expect-error a vCPU has no registers before it is initialized
  fresh.set(0n, 0n);
  // @ts-expect-error and none but its vector lengths before it is finalized
  initialized.set(0n, 0n);
  // @ts-expect-error it does not run before
  initialized.run();
  // @ts-expect-error vector lengths are settled when it is finalized
  finalized.setVectorLengths(1n);
  // @ts-expect-error it runs once it is frozen
  finalized.run();
  // @ts-expect-error ID registers are settled by the first run
  frozen.set(0n, 0n);
  // Right, and so no error.
  const done = initialized.finalize();
  if (done.ok) done.value.freeze().run();
}

test('a vCPU that went on to another state is refused in the old one', () => {
  const { kvm, vcpu } = fake(() => ({ returns: 0 }));
  const fresh = new NewX86Vcpu(kvm, vcpu);
  const set = fresh.setCpuid([]);
  expect(set.ok).toBe(true);
  expect(() => fresh.setCpuid([])).toThrow('it has CPUID');
  if (set.ok) {
    set.value.freeze();
    expect(() => set.value.setMsrs([])).toThrow('it is frozen');
  }
  expect([mistakesOnX86, mistakesOnArm64]).toHaveLength(2);
});

test('a table that KVM refuses leaves the vCPU new, for another try', () => {
  let refuse = true;
  const { kvm, vcpu } = fake(() => (refuse ? { errno: 22 } : { returns: 0 }));
  const fresh = new NewX86Vcpu(kvm, vcpu);
  expect(fresh.setCpuid([])).toMatchObject({ ok: false, error: { errnoName: 'EINVAL' } });
  refuse = false;
  expect(fresh.setCpuid([]).ok).toBe(true);
});
