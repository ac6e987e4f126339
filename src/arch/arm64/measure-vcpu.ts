/** Words for what kind of vCPU the guest has: one a feature, 1 where it was asked for. */
import type { MeasuredWord } from '../../model/index.ts';
import { refusedBy } from './latitude.ts';
import { mechanism } from './operations.ts';
import type { ResolvedVcpu } from './read-sections.ts';
import type { VcpusSection } from './sections.ts';
import { VCPU_FEATURES } from './tables/vcpu-features.ts';

const INIT = 'KVM_ARM_VCPU_INIT';
/** A feature that the kernel knows and the host has not, or one that the kernel does not know (api.rst). */
const UNAVAILABLE = 'EINVAL or ENOENT';

export function vcpuWords(section: VcpusSection, vcpu: ResolvedVcpu): MeasuredWord[] {
  // A feature that no recorded vCPU asked for was not tried.
  const asked = VCPU_FEATURES.filter(({ name }) =>
    section.combinations.some(({ features }) => features.includes(name)),
  );
  return asked.map(({ name: feature }) => {
    const has = vcpu.combination.features.includes(feature);
    // A feature can be had where some vCPU was made with it, and left out where the plain one was made without it.
    const made = section.combinations.filter((combination) => combination.outcome === 'created');
    const values = [false, true].filter((wanted) =>
      made.some((combination) => combination.features.includes(feature) === wanted),
    );
    return {
      path: `vcpu/${feature}`,
      width: 1,
      value: has ? 1n : 0n,
      latitude: {
        kind: 'values',
        values: values.map((wanted) => (wanted ? 1n : 0n)),
        otherwise: refusedBy(INIT, UNAVAILABLE),
      },
      mechanism: mechanism(`vcpu/${feature}`, 'before-vcpu-init'),
      evidence: vcpu.pointer,
    };
  });
}
