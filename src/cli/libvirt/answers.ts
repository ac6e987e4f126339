/** The hook's answers: the contract of each guest held against one host, each distinct contract once. */
import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { contractText } from '../../format/index.ts';
import { isUuid } from '../../interop/libvirt-hook/index.ts';
import { LIBVIRT_ANSWERS_FORMAT, err, ok } from '../../model/index.ts';
import type { AnsweredContract, LibvirtAnswers, Result, Verdict, VmmProfile } from '../../model/index.ts';
import { evenkeelVersion } from '../../probe/index.ts';
import { EXIT, failure } from '../exit.ts';
import type { Failure } from '../exit.ts';
import { load } from '../input.ts';
import type { NamedSurface } from '../input.ts';
import { departure, move } from '../move.ts';
import type { Terminal } from '../terminal.ts';

/** Below the hook's directory: contracts by guest, and the one of all others. */
export const GUESTS = 'guests';
const OTHERS = ['others.contract.json', 'others.json'];

/** How many reasons a veto names. libvirt's error is one line. */
const NAMED_REASONS = 3;

interface GuestFile {
  /** UUID (lower case) or name; null for the file of all others. */
  readonly guest: string | null;
  /** Relative to the directory. */
  readonly file: string;
}

export async function makeAnswers(
  directory: string,
  host: NamedSurface,
  vmm: VmmProfile | undefined,
  terminal: Terminal,
): Promise<Result<LibvirtAnswers, Failure>> {
  const { surface } = host;
  if (surface.host === null) {
    const message = `${host.name}: the capture does not say which kernel and CPU it is of, so nothing could tell whether its answers are true of a host`;
    return err(failure(EXIT.input, message, 'Measure the host itself: evenkeel host probe'));
  }
  const files = guestFiles(directory);
  if (!files.ok) return files;
  const contracts: AnsweredContract[] = [];
  const known = new Map<string, number>();
  const guests: { guest: string; contract: number }[] = [];
  let others: number | null = null;
  for (const { guest, file } of files.value) {
    const path = join(directory, file);
    const loaded = await load(path, terminal);
    if (!loaded.ok) return loaded;
    const leaving = departure(loaded.value, undefined, vmm);
    if (!leaving.ok) return leaving;
    const text = contractText({ ...leaving.value.contract, name: '' });
    let contract = known.get(text);
    if (contract === undefined) {
      const moved = move(leaving.value, host, null, vmm);
      if (!moved.ok) return moved;
      contract = contracts.push(answered(file, moved.value.there)) - 1;
      known.set(text, contract);
    }
    if (guest === null) others = contract;
    else guests.push({ guest, contract });
  }
  return ok({
    format: LIBVIRT_ANSWERS_FORMAT,
    prepared: { at: new Date().toISOString(), by: `evenkeel ${evenkeelVersion()}` },
    host: surface.host,
    surface: surface.fingerprint,
    vmm: vmm?.name ?? null,
    contracts,
    guests,
    others,
  });
}

function answered(file: string, { level, reasons }: Verdict): AnsweredContract {
  const worst = level === 'same' ? [] : reasons.filter((reason) => reason.level === level);
  return {
    file,
    level,
    reasons: worst.slice(0, NAMED_REASONS).map(({ element, text }) => `${element}: ${text}`),
    more: Math.max(0, worst.length - NAMED_REASONS),
  };
}

/** The contracts that are there, in the order of their names. */
function guestFiles(directory: string): Result<GuestFile[], Failure> {
  const found: GuestFile[] = [];
  for (const entry of listed(join(directory, GUESTS))) {
    const name = /^(.+?)(?:\.contract)?\.(?:json|xml)$/.exec(entry)?.[1];
    if (name === undefined || entry.startsWith('.')) continue;
    const guest = isUuid(name.toLowerCase()) ? name.toLowerCase() : name;
    const twin = found.find((each) => each.guest === guest);
    const file = join(GUESTS, entry);
    if (twin !== undefined) {
      return err(failure(EXIT.input, `${directory}: ${basename(twin.file)} and ${entry} are both of guest ${guest}`));
    }
    found.push({ guest, file });
  }
  const others = OTHERS.filter((name) => listed(directory).includes(name)).map((file) => ({ guest: null, file }));
  if (others.length > 1) return err(failure(EXIT.input, `${directory}: ${OTHERS.join(' and ')} are both there`));
  if (found.length + others.length > 0) return ok([...found, ...others]);
  const advice = `One file a guest: ${join(directory, GUESTS)}/NAME-OR-UUID.contract.json; for all others ${join(directory, 'others.contract.json')}. A contract: evenkeel contract pin`;
  return err(failure(EXIT.input, `${directory}: there are no contracts`, advice));
}

function listed(directory: string): string[] {
  try {
    return readdirSync(directory).sort();
  } catch {
    return [];
  }
}
