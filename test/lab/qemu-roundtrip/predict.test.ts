import { describe, expect, test } from 'vitest';
import { qemuItinerary } from '../../../src/lab/qemu-roundtrip/plan.ts';
import type { QemuMode, QemuMove } from '../../../src/lab/qemu-roundtrip/plan.ts';
import { predictMove, shownByDefault } from '../../../src/lab/qemu-roundtrip/predict.ts';
import type { QemuPrediction } from '../../../src/lab/qemu-roundtrip/predict.ts';
import type { QemuVersionName } from '../../../src/lab/qemu-version.ts';
import type { Architecture } from '../../../src/model/index.ts';
import { recordedGroup } from '../roundtrip/fakes.ts';

const XSAVE_SIZE = 'cpuid/0xd:1/ebx';

interface Asked {
  readonly from: string;
  readonly to: string;
  readonly version: QemuVersionName;
  readonly toVersion?: QemuVersionName;
  readonly mode?: QemuMode;
  readonly cpu?: string;
}

/** As a guest that reads everything that it was promised, and finds it so. */
async function predicted(
  architecture: Architecture,
  { from, to, version, toVersion = version, mode = 'host', cpu = 'max' }: Asked,
): Promise<QemuPrediction> {
  const group = await recordedGroup(architecture, cpu, [...new Set([from, to])]);
  const { moves } = qemuItinerary(group, {
    modes: [mode],
    versions: [version],
    toVersions: [toVersion],
    from: [`debian:${from}`],
    to: [`debian:${to}`],
    changes: 'both',
  });
  const [move] = moves;
  const contract = move?.departure.contract;
  if (move === undefined || contract === null || contract === undefined) throw new Error('no such move');
  // What follows from other words is promised to nobody, and read all the same.
  const values = new Map([
    ...contract.promises.map(({ word, value }) => [word, value] as const),
    [XSAVE_SIZE, 0n] as const,
  ]);
  return predictMove(group, move, contract, { shown: shownOf(group, move), values, stream: [] });
}

function shownOf(
  group: Parameters<typeof shownByDefault>[0],
  { departure, to }: QemuMove,
): ReturnType<typeof shownByDefault> {
  return departure.mode === 'host' ? shownByDefault(group, to) : null;
}

describe('a guest of -cpu host', () => {
  test.each([
    ['x86_64', 'max'],
    ['arm64', 'neoverse-n1'],
  ] as const)('finds its machine again on an equal host: %s/%s', async (architecture, cpu) => {
    const { level, reasons } = await predicted(architecture, { from: '6.12', to: '6.12', version: '10.0', cpu });
    expect(reasons).toEqual([]);
    expect(['same', 'selectable']).toContain(level);
  });

  test('loses what SVE vectors hold beyond 1024 bits, on an equal host, too', async () => {
    const { level, reasons } = await predicted('arm64', { from: '6.12', to: '6.12', version: '10.0' });
    expect(level).toBe('lost');
    expect(reasons.map(({ element }) => element)).toEqual(['sve/vectors']);
  });

  test('finds on a newer kernel what that shows by default, although QEMU could turn it off', async () => {
    const { level, reasons } = await predicted('x86_64', { from: '5.10', to: '6.1', version: '10.0' });
    expect(level).toBe('silent');
    const svm = reasons.find(({ element }) => element.startsWith('cpuid/0x8000000a:0/edx/'));
    expect(svm).toMatchObject({ level: 'silent', rule: 'not-asked-for', obstacle: 'vmm' });
    expect(svm?.text).toContain('qemu:10.0: -cpu');
  });

  test('is refused by an older kernel that does not have its registers', async () => {
    const { level, reasons } = await predicted('arm64', { from: '6.12', to: '6.1', version: '10.0' });
    expect(level).toBe('refused');
    expect(reasons[0]?.level).toBe('refused');
    const insists = reasons.find(({ element }) => element === 'reg/TCR2_EL1');
    expect(insists).toMatchObject({ level: 'refused', obstacle: 'vmm', rule: 'vmm-insists' });
    expect(insists?.text).toContain('qemu:11.1 would go on without it');
  });

  test('meets what another QEMU makes of the same host', async () => {
    const { level, reasons } = await predicted('x86_64', { from: '6.1', to: '6.1', version: '5.2', toVersion: '10.0' });
    expect(level).toBe('silent');
    expect(reasons.map(({ element }) => element)).toContain(XSAVE_SIZE);
    expect(reasons.map(({ element }) => element)).toContain('cpuid/0x80000007:0/ebx/succor');
  });
});

describe('a guest of exported arguments', () => {
  test('finds on a newer kernel what both can give', async () => {
    const { level, reasons } = await predicted('x86_64', {
      from: '5.10',
      to: '6.1',
      version: '10.0',
      mode: 'exported',
    });
    expect(reasons).toEqual([]);
    expect(level).toBe('selectable');
  });
});
