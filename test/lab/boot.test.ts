import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { labContext, probePrepared } from '../../src/lab/index.ts';
import type { LabProgress } from '../../src/lab/index.ts';
import { ready } from './ready.ts';

const SECONDS = 1000;

const BOOTS = [
  { architecture: 'x86_64', kernel: 'debian:5.10', release: /^5\.10\./, cpu: 'max', machine: undefined },
  { architecture: 'x86_64', kernel: 'debian:7.2', release: /^7\.2/, cpu: 'epyc-milan', machine: undefined },
  { architecture: 'arm64', kernel: 'debian:6.1', release: /^6\.1\./, cpu: 'max', machine: undefined },
  // Main ID Register of the Neoverse N1: implementer Arm (0x41), part 0xd0c; its technical reference manual, B2.91.
  { architecture: 'arm64', kernel: 'debian:7.3', release: /^7\.3/, cpu: 'neoverse-n1', machine: /^0x41.fd0c.$/ },
] as const;

describe('a real kernel in the lab', () => {
  for (const { architecture, kernel, release, cpu, machine } of BOOTS) {
    it(`${kernel} on ${architecture}, ${cpu}, is measured`, { timeout: 600 * SECONDS }, async (test) => {
      const prepared = await ready(test, architecture, kernel);
      const phases: LabProgress['phase'][] = [];
      const probed = await probePrepared(labContext(), prepared, {
        architecture,
        kernel,
        cpu,
        onProgress: ({ phase }) => phases.push(phase),
      });
      if (!probed.ok) throw new Error(`${probed.error.message}\n${probed.error.console?.join('\n')}`);
      const { surface } = probed.value;
      expect(surface.architecture).toBe(architecture);
      expect(surface.host?.kernelRelease).toMatch(release);
      if (machine !== undefined) expect(surface.host?.cpu.midr).toMatch(machine);
      expect(surface.sections['capabilities']).toMatchObject({ outcome: 'measured' });
      const lost = Object.entries(surface.sections).filter(
        ([, { outcome }]) => outcome === 'crashed' || outcome === 'deadline',
      );
      expect(lost).toEqual([]);
      expect(surface.recorded.environment).toMatchObject({ kernel: prepared.kernel.identity });
      expect(new Set(phases)).toEqual(new Set(['booting', 'probing', 'done']));
    });
  }

  it('the same twice has the same fingerprint', { timeout: 600 * SECONDS }, async (test) => {
    const prepared = await ready(test, 'arm64', 'debian:5.10');
    const target = { architecture: 'arm64', kernel: 'debian:5.10' } as const;
    const first = await probePrepared(labContext(), prepared, target);
    const second = await probePrepared(labContext(), prepared, target);
    if (!first.ok || !second.ok) throw new Error('a machine did not come up');
    expect(second.value.surface.fingerprint).toBe(first.value.surface.fingerprint);
  });

  it('is interrupted in mid-boot, and no process of it is left', { timeout: 120 * SECONDS }, async (test) => {
    const prepared = await ready(test, 'x86_64', 'debian:5.10');
    const abort = new AbortController();
    const context = labContext({ signal: abort.signal });
    const before = qemuProcesses(prepared.image);
    setTimeout(() => abort.abort(), SECONDS);
    const probing = probePrepared(context, prepared, { architecture: 'x86_64', kernel: 'debian:5.10' });
    await new Promise((resolve) => setTimeout(resolve, SECONDS / 2));
    expect(qemuProcesses(prepared.image).length).toBeGreaterThan(before.length);
    expect(await probing).toMatchObject({ ok: false, error: { code: 'interrupted' } });
    expect(qemuProcesses(prepared.image)).toEqual(before);
  });
});

/** Process ids of the machines that run with this image. */
function qemuProcesses(image: string): string[] {
  return readdirSync('/proc').filter((name) => {
    if (!/^\d+$/.test(name) || !existsSync(`/proc/${name}/cmdline`)) return false;
    try {
      return readFileSync(`/proc/${name}/cmdline`, 'utf8').includes(image);
    } catch {
      return false; // Ended between the two.
    }
  });
}
