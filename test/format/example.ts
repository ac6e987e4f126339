/** A small surface and a contract that are valid; tests damage copies of them. */
import type { Contract, Json, Surface } from '../../src/model/index.ts';
import { SURFACE_FORMAT, CONTRACT_FORMAT } from '../../src/model/index.ts';

export function exampleSurface(
  sections: Record<string, Json> = { capabilities: { scanned: 1, system: [], vm: [] } },
): Surface {
  return {
    format: SURFACE_FORMAT,
    architecture: 'x86_64',
    host: {
      kernelRelease: '6.12.0',
      kernelVersion: '#1 SMP',
      cpu: { vendor: 'AuthenticAMD', model: 'EPYC', family: 25, modelNumber: 1, stepping: 1, microcode: '0xa0011d5' },
      modules: [{ name: 'kvm', parameters: { ignore_msrs: 'N' } }],
      commandLine: [],
    },
    recorded: {
      at: '2026-11-21T00:00:00.000Z',
      by: 'evenkeel 0.1.0',
      method: 'probe',
      command: 'evenkeel host probe',
      environment: {},
      milliseconds: 12.5,
      ioctls: 600,
    },
    fingerprint: `sha256:${'0'.repeat(64)}`,
    sections: Object.fromEntries(
      Object.entries(sections).map(([name, data]) => [name, { outcome: 'measured' as const, data }]),
    ),
  };
}

export function exampleContract(): Contract {
  return {
    format: CONTRACT_FORMAT,
    architecture: 'x86_64',
    name: 'web',
    pinnedFrom: [{ fingerprint: `sha256:${'0'.repeat(64)}`, host: 'AMD EPYC, 6.12.0' }],
    choices: {},
    promises: [{ word: 'cpuid/0x7:0/ebx', width: 32, value: 0xffff_ffffn, mask: 0x0000_0020n }],
    carries: ['msr/MSR_IA32_XSS'],
    unknown: [{ area: 'quirks', why: 'not captured' }],
  };
}
