/** The command as a person uses it. */
import { describe, expect, test } from 'vitest';
import { exportSchema } from '../../../../src/format/index.ts';
import { STACK_TRACE, evenkeel } from '../../../cli/evenkeel.ts';

const SURFACE = 'x86_64/epyc-milan/debian-6.12';

describe('contract export --qemu', () => {
  test('has the arguments alone on standard output, and what cannot be said on standard error', async () => {
    const { status, stdout, stderr } = await evenkeel(['contract', 'export', SURFACE, '--qemu', '10.0']);
    expect(status).toBe(0);
    const options = stdout
      .trimEnd()
      .split('\n')
      .map((line) => line.split(' ')[0]);
    expect(options).toEqual(['-machine', '-accel', '-overcommit', '-cpu']);
    expect(stderr).toContain('Cannot set');
    expect(stderr).toContain('lapic/VERSION/version');
  });

  test('-o json is the published format, and standard error has nothing', async () => {
    const words = ['contract', 'export', SURFACE, '--qemu', '7.2', '--machine', 'pc-q35-5.2', '-o', 'json'];
    const { status, stdout, stderr } = await evenkeel(words);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const parsed = exportSchema.parse(JSON.parse(stdout));
    expect(parsed.target).toBe('qemu:7.2');
    expect(parsed.artefact.arguments?.[1]).toBe('pc-q35-5.2');
  });

  test.each([
    [['--qemu', '6.0'], 2],
    [[], 2],
    [['--qemu', '7.2', '--machine', 'pc-q35-11.1'], 2],
    [['--qemu', '7.2', '--model', 'a=b,c'], 2],
  ] as const)('%j is a wrong command line', async (words, code) => {
    const { status, stdout, stderr } = await evenkeel(['contract', 'export', SURFACE, ...words]);
    expect({ status, stdout }).toEqual({ status: code, stdout: '' });
    expect(stderr).not.toMatch(STACK_TRACE);
  });

  test('a file that is not there is named', async () => {
    const { status, stderr } = await evenkeel(['contract', 'export', './nothing.json', '--qemu', '7.2']);
    expect(status).toBe(4);
    expect(stderr).toContain('./nothing.json');
  });
});
