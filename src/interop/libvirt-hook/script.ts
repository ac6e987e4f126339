/**
 * The script that libvirt runs: a few lines of shell around the program. Shell, because it is there when Node is not, and
 * can stop a program that hangs; nothing is judged in it. It prints nothing to standard output: at `migrate` and `restore`
 * libvirt would take that for the domain's new XML.
 */
import { VETOABLE } from './operations.ts';
import type { Settings } from './settings.ts';

/** Exit statuses of the program. Node's own are below 20, those of signals above 128, of a shell that finds none 126 and 127. */
export const HOOK_EXIT = { allow: 0, veto: 40, noAnswer: 41 } as const;

export interface Program {
  /** Absolute paths of Node, and of what it is to run. */
  readonly node: string;
  readonly program: string;
}

/** The first line after the interpreter's; by it an installed script is told from somebody else's. */
export const MARK = "# Evenkeel's hook for libvirt, written by: evenkeel libvirt install-hook";

export function hookScript(settings: Settings, { node, program }: Program): string {
  return `#!/bin/sh
${MARK}
# Settings may be edited here; installing again keeps them. They count from the next guest on.

# The worst level at which a guest may come to this host: same, selectable, unknown, refused, lost or silent.
allow=${settings.allow}
# Guests that have no contract: allow or veto.
without_contract=${settings.withoutContract}
# Where no answer is to be had (none made yet, damaged, made on another kernel, not in time): open or closed.
on_failure=${settings.onFailure}
# Seconds that libvirt waits at most.
deadline=${settings.deadline}
# When to answer: some of ${VETOABLE.join(', ')}.
operations=${quote(settings.operations.join(' '))}
# Contracts and answers.
directory=${quote(settings.directory)}

node=${quote(node)}
program=${quote(program)}

# Elsewhere libvirt ignores the answer, kills a guest that runs (reconnect, started) or deletes its saved state (restore).
case "\${2-}" in
${VETOABLE.join(' | ')}) ;;
*) exit 0 ;;
esac
case " $operations " in
*" $2 "*) ;;
*) exit 0 ;;
esac

said=$(timeout -s KILL "$deadline" "$node" "$program" \\
  --directory "$directory" --allow "$allow" --without-contract "$without_contract" -- "$@" 2>&1 >/dev/null)
status=$?
case $status in
${HOOK_EXIT.allow}) exit 0 ;;
${HOOK_EXIT.veto})
  printf 'evenkeel: %s\\n' "$said" >&2
  exit 1
  ;;
${HOOK_EXIT.noAnswer}) ;;
124 | 137) said="no answer within $deadline s" ;;
*) said="the hook's program ended with $status: $said" ;;
esac

if [ "$on_failure" != open ]; then
  printf 'evenkeel: guest %s, %s: %s\\n' "$1" "$2" "$said" >&2
  exit 1
fi
# libvirt logs nothing of a hook that succeeds.
logger -t evenkeel -p daemon.warning -- "guest $1, $2: let through without an answer: $said" >/dev/null 2>&1
exit 0
`;
}

/** For a shell: nothing within single quotes means anything but a single quote. */
function quote(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
