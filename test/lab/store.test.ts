import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { err, ok } from '../../src/model/index.ts';
import { cacheDirectory, labContext } from '../../src/lab/context.ts';
import { labError } from '../../src/lab/error.ts';
import { keep } from '../../src/lab/store.ts';

let cache = '';
beforeEach(() => {
  cache = mkdtempSync(join(tmpdir(), 'evenkeel-store-'));
});
afterEach(() => rmSync(cache, { recursive: true }));

const leftovers = (): string[] => readdirSync(join(cache, 'temporary'));

describe('the cache', () => {
  it('is where the environment says', () => {
    expect(cacheDirectory({ EVENKEEL_CACHE: '/a', XDG_CACHE_HOME: '/b' })).toBe('/a');
    expect(cacheDirectory({ XDG_CACHE_HOME: '/b' })).toBe('/b/evenkeel');
    expect(cacheDirectory({ EVENKEEL_CACHE: '' })).toMatch(/\/\.cache\/evenkeel$/);
  });

  it('makes a thing once', async () => {
    const context = labContext({ cache });
    const path = join(cache, 'things/one');
    let times = 0;
    const make = async (temporary: string): Promise<{ ok: true; value: null }> => {
      times++;
      writeFileSync(temporary, 'whole');
      return ok(null);
    };
    expect(await keep(context, path, make)).toEqual(ok(path));
    expect(await keep(context, path, make)).toEqual(ok(path));
    expect(times).toBe(1);
    expect(readFileSync(path, 'utf8')).toBe('whole');
    expect(leftovers()).toEqual([]);
  });

  it('shows nothing of a thing whose making failed half-way', async () => {
    const context = labContext({ cache });
    const path = join(cache, 'things/one');
    const failure = labError('download', 'the network is gone');
    const made = await keep(context, path, async (temporary) => {
      mkdirSync(temporary);
      writeFileSync(join(temporary, 'half'), 'ha');
      return err(failure);
    });
    expect(made).toEqual(err(failure));
    expect(existsSync(path)).toBe(false);
    expect(leftovers()).toEqual([]);
  });

  it('says that the disk is full, and leaves nothing', async () => {
    const context = labContext({ cache });
    const path = join(cache, 'things/one');
    const made = await keep(context, path, async () => {
      writeFileSync('/dev/full', 'x');
      return ok(null);
    });
    expect(made).toMatchObject({ ok: false, error: { code: 'no-space' } });
    expect(existsSync(path)).toBe(false);
    expect(leftovers()).toEqual([]);
  });

  it('removes what a run left behind that was killed', async () => {
    // No process has this number: it is above the largest that Linux gives out (PID_MAX_LIMIT, 2^22).
    const abandoned = join(cache, 'temporary/4194305-0');
    mkdirSync(abandoned, { recursive: true });
    await keep(labContext({ cache }), join(cache, 'one'), async (temporary) => {
      writeFileSync(temporary, '');
      return ok(null);
    });
    expect(existsSync(abandoned)).toBe(false);
  });
});
