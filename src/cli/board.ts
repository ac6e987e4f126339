/** The progress of many lab machines on a terminal: one changing line for what runs, a lasting one for what ended. */
import { Board, describeProgress } from '../lab/index.ts';
import type { LabProgress } from '../lab/index.ts';
import { CONSOLE_LINES } from './lab.ts';
import type { Terminal } from './terminal.ts';

export interface BoardEvents {
  readonly onJobs: (jobs: readonly string[]) => void;
  readonly onProgress: (job: string, progress: LabProgress) => void;
}

const LASTING: readonly LabProgress['phase'][] = ['done', 'failed', 'retrying'];

export function boardOn(terminal: Terminal): BoardEvents {
  let board = new Board([]);
  const show = (job: string, progress: LabProgress): void => {
    const now = performance.now();
    board.update(job, progress, now);
    const states = board.states();
    const own = states.find((state) => state.job === job);
    if (own !== undefined && LASTING.includes(progress.phase)) terminal.note(`${job}: ${describeProgress(own, now)}`);
    if (progress.phase === 'retrying') {
      for (const line of progress.console.slice(-CONSOLE_LINES)) terminal.note(`  ${line}`);
    }
    const ended = states.filter((state) => state.ended !== null).length;
    const running = states.filter((state) => state.begun !== null && state.ended === null);
    const texts = running.map((state) => `${state.job} ${describeProgress(state, now)}`);
    terminal.status([`${ended}/${states.length} done`, ...texts].join(' | '));
  };
  return {
    onJobs: (jobs) => {
      board = new Board(jobs);
    },
    onProgress: show,
  };
}
