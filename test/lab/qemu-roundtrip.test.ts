/** Guests that a real QEMU saves on one real kernel and loads on another: what is predicted holds. */
import { describe, expect, it } from 'vitest';
import {
  labContext,
  performQemuJobs,
  prepareQemus,
  qemuCampaign,
  qemuItinerary,
  qemuProofOf,
} from '../../src/lab/index.ts';
import type { PreparedQemus } from '../../src/lab/index.ts';
import { DEBIAN_ARCHITECTURE } from '../../src/lab/catalogue.ts';
import { QEMU_VERSIONS, cachedQemuVersion } from '../../src/lab/qemu-version.ts';
import type { QemuVersionName } from '../../src/lab/qemu-version.ts';
import type { Architecture, RoundTripOutcome } from '../../src/model/index.ts';
import { recordedGroup } from './roundtrip/fakes.ts';
import { REQUIRED, ready } from './ready.ts';

const MILLISECONDS = 900_000;
const CPU = { x86_64: 'max', arm64: 'neoverse-n1' } as const;

/**
 * One pair each. x86_64: the guest goes on and, without being told, finds another SVM feature. arm64: the newer kernel's guest
 * has registers that the older kernel does not know, and QEMU refuses it.
 */
const CASES = [
  { architecture: 'x86_64', from: '5.10', to: '6.1', version: '10.0', outcome: 'differs', says: null },
  {
    architecture: 'arm64',
    from: '6.12',
    to: '6.1',
    version: '10.0',
    outcome: 'refused',
    says: /cpreg_vmstate_array_len/,
  },
] as const satisfies readonly {
  architecture: Architecture;
  from: string;
  to: string;
  version: QemuVersionName;
  outcome: RoundTripOutcome;
  says: RegExp | null;
}[];

describe('a guest of a real QEMU', () => {
  for (const { architecture, from, to, version, outcome, says } of CASES) {
    it(`goes from ${from} to ${to} on ${architecture} as predicted`, { timeout: MILLISECONDS }, async (test) => {
      const context = labContext();
      const prepared = new Map<string, PreparedQemus>();
      for (const each of REQUIRED ? [] : QEMU_VERSIONS) {
        const runsOn = DEBIAN_ARCHITECTURE[architecture];
        const cached = cachedQemuVersion(context, { version: each, emulates: architecture, runsOn });
        if (cached === null) test.skip(`QEMU ${each} for ${runsOn} is not in the lab's cache`);
      }
      for (const kernel of [`debian:${from}`, `debian:${to}`]) {
        await ready(test, architecture, kernel);
        const made = await prepareQemus(context, { architecture, kernel });
        if (!made.ok) throw new Error(made.error.message);
        prepared.set(kernel, made.value);
      }
      const trips = qemuItinerary(await recordedGroup(architecture, CPU[architecture], [from, to]), {
        modes: ['host'],
        versions: [version],
        changes: 'kernel',
        from: [`debian:${from}`],
        to: [`debian:${to}`],
      });
      const done = await qemuCampaign(
        [trips],
        (_, { kernel }, request, events) => {
          const machine = prepared.get(kernel);
          if (machine === undefined) throw new Error(`${kernel} is not part of this`);
          return performQemuJobs(context, machine, request, {
            architecture,
            cpu: CPU[architecture],
            again: true,
            ...events,
          });
        },
        { parallel: 1 },
      );
      if (!done.ok) throw new Error(done.error.message);
      expect(done.value.flatMap(({ failed }) => failed)).toEqual([]);
      const recorded = { at: '', by: '', command: '', seconds: 0, environment: {} };
      const proof = await qemuProofOf(done.value, ['host'], [], recorded);
      expect(proof.none).toEqual([]);
      expect(proof.moves.map((move) => move.outcome)).toEqual([outcome]);
      expect(proof.moves.map(({ fault }) => fault)).toEqual([null]);
      expect(proof.moves.flatMap(({ disagreements }) => disagreements)).toEqual([]);
      if (says !== null) expect(proof.said.join('\n')).toMatch(says);
    });
  }
});
