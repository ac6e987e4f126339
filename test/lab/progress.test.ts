import { describe, expect, it } from 'vitest';
import { Board, describeProgress } from '../../src/lab/progress.ts';

const texts = (board: Board, now: number): string[] => board.states().map((state) => describeProgress(state, now));

describe('progress of several machines', () => {
  it('shows which wait, boot, probe and are done, and how long each took', () => {
    const board = new Board(['a', 'b', 'c', 'd']);
    board.update('a', { phase: 'booting', attempt: 1 }, 1000);
    board.update('a', { phase: 'done', milliseconds: 2500 }, 3500);
    board.update('b', { phase: 'booting', attempt: 1 }, 2000);
    board.update('b', { phase: 'probing', step: 'cpuid', done: 2, of: 15 }, 5000);
    board.update('c', { phase: 'booting', attempt: 2 }, 5500);
    expect(texts(board, 6000)).toEqual([
      'done, 2.5 s',
      'probing 2/15 cpuid, 4.0 s',
      'booting (attempt 2), 0.5 s',
      'waiting',
    ]);
  });

  it('says that a machine is started again, and why', () => {
    const board = new Board(['a']);
    board.update('a', { phase: 'booting', attempt: 1 }, 0);
    board.update('a', { phase: 'retrying', attempt: 2, reason: 'QEMU ended with exit code 0', console: [] }, 9000);
    expect(texts(board, 9000)).toEqual(['starting again: QEMU ended with exit code 0, 9.0 s']);
  });

  it('stops the clock of a machine that failed', () => {
    const board = new Board(['a']);
    board.update('a', { phase: 'booting', attempt: 1 }, 0);
    board.update('a', { phase: 'failed', message: 'no room' }, 1000);
    expect(texts(board, 60_000)).toEqual(['failed: no room, 1.0 s']);
  });
});
