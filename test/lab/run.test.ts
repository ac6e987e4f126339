import { describe, expect, it } from 'vitest';
import { run } from '../../src/lab/run.ts';

describe('a program of the system', () => {
  it('that is not installed is named, with the command that installs it', async () => {
    const missing = await run('setpriv', [], { environment: { PATH: '/nowhere' } });
    expect(missing).toMatchObject({
      ok: false,
      error: { code: 'missing-tool', message: 'setpriv is not installed', hint: 'apt-get install util-linux' },
    });
  });

  it('that fails is told with its exit code and last words', async () => {
    const failed = await run('sh', ['-c', 'echo first >&2; echo last >&2; exit 3']);
    expect(failed).toMatchObject({
      ok: false,
      error: { code: 'tool', message: 'sh failed (exit code 3): last', console: ['first', 'last'] },
    });
  });

  it('that finds the disk full is told as that', async () => {
    const failed = await run('cp', ['/proc/version', '/dev/full']);
    expect(failed).toMatchObject({ ok: false, error: { code: 'no-space' } });
  });

  it('ends when the signal is given', async () => {
    const abort = new AbortController();
    const sleeping = run('sleep', ['60'], { signal: abort.signal });
    setTimeout(() => abort.abort(), 50);
    expect(await sleeping).toMatchObject({ ok: false, error: { code: 'interrupted' } });
  });
});
