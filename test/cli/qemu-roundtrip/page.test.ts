import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { qemuCauseOf } from '../../../src/cli/qemu-roundtrip/causes.ts';
import { comparedModes } from '../../../src/cli/qemu-roundtrip/summary.ts';
import { qemuProofSchema } from '../../../src/format/index.ts';

const ROOT = join(import.meta.dirname, '../../..');
const proof = qemuProofSchema.parse(JSON.parse(readFileSync(join(ROOT, 'docs/data/qemu-proof.json'), 'utf8')));
const VERSIONS = ['5.2', '7.2', '10.0', '11.1'];

describe('the moves of docs/proof.md', () => {
  it.each(['x86_64', 'arm64'])(
    'are of every ordered pair of kernels with each QEMU, with -cpu host: %s',
    (architecture) => {
      const kernels = proof.hosts.filter((host) => host.architecture === architecture).map(({ kernel }) => kernel);
      expect(kernels).toHaveLength(5);
      const wanted = kernels.flatMap((from) =>
        kernels.flatMap((to) => VERSIONS.map((version) => `${from} ${to} ${version}`)),
      );
      const found = proof.moves
        .filter((move) => move.architecture === architecture && move.mode === 'host' && move.outcome !== 'lost')
        .filter(({ from, to }) => from.qemu === to.qemu)
        .map(({ from, to }) => `${from.kernel} ${to.kernel} ${from.qemu}`);
      expect(found.toSorted()).toEqual(wanted.toSorted());
    },
  );

  it('are of every ordered pair of QEMUs on each kernel', () => {
    const pairs = VERSIONS.flatMap((from) => VERSIONS.filter((to) => to !== from).map((to) => `${from} ${to}`));
    for (const { architecture, kernel } of proof.hosts) {
      const found = proof.moves
        .filter((move) => move.architecture === architecture && move.mode === 'host' && move.outcome !== 'lost')
        .filter(({ from, to }) => from.kernel === kernel && to.kernel === kernel && from.qemu !== to.qemu)
        .map(({ from, to }) => `${from.qemu} ${to.qemu}`);
      expect(found.toSorted(), `${architecture} ${kernel}`).toEqual(pairs.toSorted());
    }
  });

  it('succeed more often with exported arguments than with -cpu host', () => {
    const compared = comparedModes(proof).filter(({ change }) => change === 'the kernel');
    const sum = (mode: 'host' | 'exported'): number =>
      compared.reduce((total, { identical }) => total + (identical[mode] ?? 0), 0);
    expect(sum('exported')).toBeGreaterThan(sum('host'));
  });

  it('explain each disagreement', () => {
    const unexplained = proof.moves.flatMap((move) =>
      move.disagreements.filter((word) => qemuCauseOf(move, word) === null).map(({ word, text }) => `${word}: ${text}`),
    );
    expect([...new Set(unexplained)]).toEqual([]);
  });

  it('were refused in words of QEMU', () => {
    const refused = proof.moves.filter(({ outcome }) => outcome === 'refused');
    expect(refused.length).toBeGreaterThan(0);
    expect(refused.filter(({ said }) => said.length === 0)).toEqual([]);
  });
});
