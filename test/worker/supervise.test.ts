import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { launchLocal, launchScript } from '../../src/worker/launch.ts';
import { measured } from '../../src/probe/step.ts';
import type { Step } from '../../src/probe/step.ts';
import { supervise } from '../../src/worker/supervise.ts';
import type { SuperviseOptions, SuperviseResult } from '../../src/worker/supervise.ts';

const script = fileURLToPath(new URL('./fixtures/worker.ts', import.meta.url));
const step = (name: string): Step => ({ name, seconds: 0.5, run: () => measured(name) });
const options: SuperviseOptions = { steps: ['one', 'two', 'three'].map(step), patience: 1, startSeconds: 20 };

const run = (...parameters: string[]): Promise<SuperviseResult> => supervise(launchScript(script, parameters), options);

describe('the probe supervisor', () => {
  test('collects what a well-behaved worker says, and passes over noise', async () => {
    const result = await run('--noise');
    expect(result).toMatchObject({
      ok: true,
      value: {
        ioctls: 7,
        sections: {
          one: { outcome: 'measured', data: 'one' },
          two: { outcome: 'measured', data: 'two' },
          three: { outcome: 'measured', data: 'three' },
        },
      },
    });
  });

  test('ends a step that hangs, records what it was doing, and goes on with the next', async () => {
    const result = await run('--hang', 'two');
    expect(result.ok && result.value.sections).toMatchObject({
      one: { outcome: 'measured' },
      two: { outcome: 'deadline', during: 'inside two' },
      three: { outcome: 'measured' },
    });
    expect(result.ok && result.value.ioctls).toBe(7);
  });

  test('records a step in which the worker dies, with its last words', async () => {
    const result = await run('--die', 'three');
    const section = result.ok ? result.value.sections['three'] : undefined;
    expect(section).toMatchObject({ outcome: 'crashed', during: 'inside three' });
    expect(section?.outcome === 'crashed' && section.reason).toContain('broken on purpose');
  });

  test('a worker that cannot start is an error, not an empty surface', async () => {
    const result = await supervise(launchScript('/nonexistent/worker.ts'), options);
    expect(result).toMatchObject({ ok: false, error: { code: 'worker' } });
  });

  test('an interrupted probe says so and leaves no worker', async () => {
    const controller = new AbortController();
    const running = supervise(launchScript(script, ['--hang', 'one']), {
      ...options,
      steps: [{ ...step('one'), seconds: 60 }],
      signal: controller.signal,
      onProgress: (message) => {
        if (message.event === 'note') controller.abort();
      },
    });
    expect(await running).toEqual({ ok: false, error: { code: 'worker', message: 'interrupted' } });
  });

  test('a machine without the device says which call failed and what that means', async () => {
    const result = await supervise(launchLocal({ device: '/nonexistent/kvm' }), options);
    expect(result).toMatchObject({ ok: false, error: { code: 'unavailable', errno: 'ENOENT' } });
    expect(!result.ok && result.error.message).toContain('no KVM on this machine');
  });

  test('a device that is not KVM is told as that, not measured', async () => {
    const result = await supervise(launchLocal({ device: '/dev/null' }), options);
    expect(result).toMatchObject({ ok: false, error: { code: 'unavailable', errno: 'ENOTTY' } });
    expect(!result.ok && result.error.message).toContain('not KVM');
  });
});
