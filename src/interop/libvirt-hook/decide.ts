/**
 * The hook's answer. Pure. It allows, vetoes, or has no answer; what no answer means is the operator's to say, and is
 * settled in the script that libvirt runs, which also covers what cannot be caught here.
 */
import type { Host } from '../../model/surface.ts';
import type { AnsweredContract, LibvirtAnswers } from '../../model/libvirt-answers.ts';
import type { Result } from '../../model/result.ts';
import { LEVELS } from '../../model/verdict.ts';
import type { Level } from '../../model/verdict.ts';
import { isUuid, readDomain } from './domain.ts';
import { OPERATION_ROWS, isOperation } from './operations.ts';
import { changesOf } from './same-host.ts';

export interface Policy {
  /** The worst level at which a guest may come to this host. */
  readonly allow: Level;
  readonly withoutContract: 'allow' | 'veto';
}

export interface Question {
  readonly guest: string;
  /** As libvirt names it; one that is not known is never vetoed. */
  readonly operation: string;
  /** The domain's XML. */
  readonly xml: string;
}

export type Decision =
  | { readonly kind: 'allow' }
  | { readonly kind: 'veto'; readonly why: string }
  /** Nothing says whether the guest may come. */
  | { readonly kind: 'no-answer'; readonly why: string };

const ALLOW: Decision = { kind: 'allow' };

/** `prepared`: the answers, or why there are none. `host`: as it is now. */
export function decide(
  question: Question,
  policy: Policy,
  prepared: Result<LibvirtAnswers, string>,
  host: Host,
): Decision {
  const { guest, operation } = question;
  if (!isOperation(operation) || OPERATION_ROWS[operation].failure !== 'aborts') return ALLOW;
  if (!prepared.ok) return noAnswer(prepared.error);
  const answers = prepared.value;
  const changes = changesOf(answers.host, host);
  const [change] = changes;
  if (change !== undefined) {
    const more = changes.length > 1 ? ` (and ${changes.length - 1} more changes)` : '';
    return noAnswer(
      `the answers are of another host than this one is now: ${change}${more}; make them again: evenkeel libvirt cache`,
    );
  }
  const domain = readDomain(question.xml);
  // Without a UUID it may be any of those that are known by theirs.
  if (domain === null) return noAnswer("libvirt's description of the domain cannot be read");
  const at =
    contractOf(answers, domain.uuid) ?? contractOf(answers, guest) ?? (domain.type === 'kvm' ? answers.others : null);
  const contract = at === null ? undefined : answers.contracts[at];
  if (contract === undefined) {
    if (policy.withoutContract === 'allow') return ALLOW;
    return { kind: 'veto', why: `guest ${guest} (${domain.uuid}) has no contract` };
  }
  if (LEVELS.indexOf(contract.level) <= LEVELS.indexOf(policy.allow)) return ALLOW;
  return { kind: 'veto', why: vetoText(guest, contract, answers, policy) };
}

function noAnswer(why: string): Decision {
  return { kind: 'no-answer', why };
}

/** A name that looks like a UUID is one: libvirt finds domains by it first, too. */
function contractOf({ guests }: LibvirtAnswers, name: string): number | null {
  const wanted = isUuid(name.toLowerCase()) ? name.toLowerCase() : name;
  return guests.find(({ guest }) => guest === wanted)?.contract ?? null;
}

/** One line, because libvirt's log and error have one. */
function vetoText(guest: string, contract: AnsweredContract, { vmm }: LibvirtAnswers, { allow }: Policy): string {
  const more = contract.more > 0 ? `; and ${contract.more} more` : '';
  const under = vmm === null ? '' : ` with ${vmm}`;
  return `guest ${guest}: on this host${under} its contract ${contract.file} comes out as ${contract.level}, and ${allow} is the worst allowed: ${contract.reasons.join('; ')}${more}`;
}
