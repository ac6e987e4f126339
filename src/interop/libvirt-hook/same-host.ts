/** Whether this is still the host that was measured: another kernel, module parameter or microcode may show other things. */
import type { Host, KernelModule } from '../../model/surface.ts';

/**
 * Parameters that an administrator or tuned may change while guests run, and that no guest can see: polling before a
 * halted vCPU sleeps, and the thread that takes small pages back (virt/kvm/kvm_main.c and arch/x86/kvm/mmu/mmu.c).
 */
const UNSEEN: ReadonlySet<string> = new Set([
  'halt_poll_ns',
  'halt_poll_ns_grow',
  'halt_poll_ns_grow_start',
  'halt_poll_ns_shrink',
  'nx_huge_pages_recovery_period_ms',
  'nx_huge_pages_recovery_ratio',
]);

/** What is not as it was, for people; empty where nothing is. */
export function changesOf(then: Host, now: Host): string[] {
  const before = factsOf(then);
  const after = factsOf(now);
  return [...new Set([...before.keys(), ...after.keys()])].flatMap((fact) => {
    const [was, is] = [before.get(fact), after.get(fact)];
    return was === is ? [] : [`${fact} was ${was ?? 'not there'} and is ${is ?? 'not there'}`];
  });
}

function factsOf({ kernelRelease, kernelVersion, cpu, modules, commandLine }: Host): ReadonlyMap<string, string> {
  return new Map([
    ['kernel', kernelRelease],
    ['kernel build', kernelVersion],
    ...Object.entries(cpu).map(([name, value]): [string, string] => [`CPU ${name}`, String(value)]),
    ...modules.flatMap(moduleFacts),
    ['kernel command line', commandLine.join(' ') || 'empty'],
  ]);
}

function moduleFacts({ name, parameters }: KernelModule): [string, string][] {
  return [
    [`module ${name}`, 'loaded'],
    ...Object.entries(parameters)
      .filter(([parameter]) => !UNSEEN.has(parameter))
      .map(([parameter, value]): [string, string] => [`${name}.${parameter}`, value]),
  ];
}
