/** A lab machine as the supervisor's worker: each launch boots a machine that leaves out the steps already done. */
import { stripVTControlCharacters } from 'node:util';
import { Decoder, REQUEST } from '../worker/index.ts';
import type { Launch, Request } from '../worker/index.ts';
import type { Boot } from './machine.ts';
import type { Qemu } from './qemu.ts';
import { startVm } from './vm.ts';

/** Lines of console that are kept for a report. */
const KEPT = 40;

/** As `panic` of kernel/panic.c begins. */
function isPanic(line: string): boolean {
  return line.includes('Kernel panic - not syncing');
}

/** What the machine wrote last, QEMU's own words included. */
export class ConsoleTail {
  readonly #lines: string[] = [];

  push(line: string): void {
    // Firmware and programs in a guest colour their words; a report is no terminal of theirs.
    this.#lines.push(stripVTControlCharacters(line));
    if (this.#lines.length > KEPT) this.#lines.shift();
  }

  /** Without the registers and the stack that a kernel prints after it has said why it panics. */
  lines(): readonly string[] {
    const panic = this.#lines.findLastIndex(isPanic);
    return panic < 0 ? [...this.#lines] : this.#lines.slice(0, panic + 1);
  }
}

export interface LaunchListener {
  readonly onBoot: () => void;
  readonly onConsole: (line: string) => void;
}

/** `request`: what the program inside is to do; it probes where nothing is asked. */
export function launchVm(qemu: Qemu, boot: Boot, listener: LaunchListener, request?: Request): Launch {
  // One line: the program reads up to its end.
  const input = request === undefined ? undefined : `${JSON.stringify(request)}\n`;
  const announced = request === undefined ? [] : [REQUEST];
  return (skip, events) => {
    listener.onBoot();
    const decoder = new Decoder();
    let last = '';
    const words = skip.length === 0 ? [] : [`skip=${skip.join(',')}`];
    return startVm(
      qemu,
      { ...boot, words: [...boot.words, ...announced, ...words] },
      {
        onConsole(line) {
          if (line.trim() !== '' && !isPanic(last)) last = stripVTControlCharacters(line);
          listener.onConsole(line);
        },
        onChannel: (chunk) => decoder.push(chunk, events.onMessage, listener.onConsole),
        onExit: (how) => events.onExit(last === '' ? how : `${how}; the console's last line: ${last}`),
      },
      input,
    );
  };
}
