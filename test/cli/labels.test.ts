import { existsSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { exportSchema, hostLabelsSchema } from '../../src/format/index.ts';
import { STACK_TRACE, evenkeel } from './evenkeel.ts';

const OLD = 'x86_64/epyc-milan/debian-6.1';
const NEW = 'x86_64/epyc-milan/debian-7.2';

describe('surface labels', () => {
  test('standard output is what kubectl label takes: the surface, and each contract with the level of migration check', async () => {
    const ran = await evenkeel(['surface', 'labels', NEW, '--kubevirt', '--contract', OLD]);
    expect(ran.status).toBe(0);
    const lines = ran.stdout.trimEnd().split('\n');
    expect(lines).toHaveLength(2);
    for (const line of lines) expect(line).toMatch(/^evenkeel\/[a-z0-9.]+=[a-z0-9]+$/);
    const check = await evenkeel(['migration', 'check', OLD, '--to', NEW, '-o', 'json']);
    const verdict: unknown = JSON.parse(check.stdout);
    expect(verdict).toMatchObject({ there: { level: lines[1]?.split('=')[1] } });
    expect(ran.stderr).toContain('cpu-feature.node.kubevirt.io/');
  });

  test('-o json keeps apart what an operator sets and what the cluster says by itself', async () => {
    for (const target of ['--kubevirt', '--openstack']) {
      const ran = await evenkeel(['surface', 'labels', NEW, target, '--contract', OLD, '-o', 'json']);
      const { own, expected } = hostLabelsSchema.parse(JSON.parse(ran.stdout));
      expect(own.length).toBe(2);
      expect(expected.length).toBeGreaterThan(0);
      expect(own.some(({ key }) => expected.some((label) => label.key === key))).toBe(false);
    }
  });

  test('a host on which a contract does not hold gets no trait of it, and a label that says how bad it is', async () => {
    const bad = ['surface', 'labels', 'x86_64/max/debian-7.2', '--contract', OLD];
    expect((await evenkeel([...bad, '--openstack'])).stdout).not.toContain('CONTRACT');
    expect((await evenkeel([...bad, '--kubevirt'])).stdout).toMatch(/contract\.[0-9a-f]{16}=(?:refused|lost|silent)$/m);
  });

  test('a contract of another architecture is refused', async () => {
    const ran = await evenkeel(['surface', 'labels', NEW, '--kubevirt', '--contract', 'arm64/max/debian-6.12']);
    expect(ran.status).toBe(4);
    expect(ran.stderr).not.toMatch(STACK_TRACE);
  });
});

const MAP = '/usr/share/libvirt/cpu_map';

describe.skipIf(!existsSync(MAP))(
  `contract export for clusters${existsSync(MAP) ? '' : `: skipped, there is no ${MAP}`}`,
  () => {
    test.each(['kubevirt', 'openstack'])(
      '--%s is an export of the published format, of each architecture',
      async (target) => {
        for (const surface of [OLD, 'arm64/max/debian-6.12']) {
          const ran = await evenkeel(['contract', 'export', surface, `--${target}`, '-o', 'json']);
          expect(ran.status).toBe(0);
          expect(exportSchema.parse(JSON.parse(ran.stdout)).target).toBe(target);
        }
      },
    );

    test('without a CPU map it says where to get one', async () => {
      const ran = await evenkeel(['contract', 'export', OLD, '--kubevirt', '--cpu-map', '/nonexistent']);
      expect(ran.status).toBe(4);
      expect(ran.stderr).not.toMatch(STACK_TRACE);
      expect(ran.stderr).toContain('/nonexistent');
    });
  },
);
