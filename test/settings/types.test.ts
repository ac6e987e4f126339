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

/** `true` where the type has none of these members; it then is the only value that compiles. */
type Lacks<T, K extends string> = Extract<keyof T, K> extends never ? true : false;

const lacks: readonly [
  Lacks<NewX86Vcpu, 'setMsrs' | 'msrs' | 'vcpu' | 'freeze' | 'run'>,
  Lacks<ConfiguredX86Vcpu, 'setCpuid' | 'run'>,
  Lacks<FrozenX86Vcpu, 'setCpuid' | 'setMsrs' | 'freeze'>,
  Lacks<NewArm64Vcpu, 'set' | 'get' | 'setVectorLengths' | 'finalize' | 'run'>,
  Lacks<InitializedArm64Vcpu, 'set' | 'get' | 'freeze' | 'run'>,
  Lacks<FinalizedArm64Vcpu, 'initialize' | 'setVectorLengths' | 'finalize' | 'run'>,
  Lacks<FrozenArm64Vcpu, 'set' | 'setVectorLengths' | 'freeze'>,
] = [true, true, true, true, true, true, true];

/** Never called: that the lines marked as errors are errors is checked by the compiler (`npm run check`). */
export function mistakes(
  fresh: NewX86Vcpu,
  configured: ConfiguredX86Vcpu,
  initialized: InitializedArm64Vcpu,
  run: (vcpu: FrozenX86Vcpu) => void,
  restore: (vcpu: ConfiguredX86Vcpu) => void,
  runOnArm64: (vcpu: FrozenArm64Vcpu) => void,
): void {
  // @ts-expect-error a vCPU without CPUID does not run
  run(fresh);
  // @ts-expect-error nor one that is not frozen
  run(configured);
  // @ts-expect-error state is restored once there is CPUID
  restore(fresh);
  // @ts-expect-error what is frozen takes no more settings
  restore(configured.freeze());
  // @ts-expect-error a vCPU that is not finalized does not run
  runOnArm64(initialized);
  // Right, and so no error.
  const set = fresh.setCpuid([]);
  if (set.ok) run(set.value.freeze());
  const done = initialized.finalize();
  if (done.ok) runOnArm64(done.value.freeze());
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
});

test('a table that KVM refuses leaves the vCPU new, for another try', () => {
  let refuse = true;
  const { kvm, vcpu } = fake(() => (refuse ? { errno: 22 } : { returns: 0 }));
  const fresh = new NewX86Vcpu(kvm, vcpu);
  expect(fresh.setCpuid([])).toMatchObject({ ok: false, error: { errnoName: 'EINVAL' } });
  refuse = false;
  expect(fresh.setCpuid([]).ok).toBe(true);
});

test('no state has the calls of another, which the types above are made of', () => {
  expect(lacks).not.toContain(false);
  expect(mistakes).toBeTypeOf('function');
  expect(Object.getOwnPropertyNames(NewX86Vcpu.prototype)).not.toContain('setMsrs');
});
