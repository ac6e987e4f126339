/** What a guest reads of its machine, by instructions and calls alone. */
import type { ObservedSection } from '../../../../arch/arm64/observed-sections.ts';
import { describeEnd } from '../../../../guest/arm64/behaviour/index.ts';
import type { GuestOperation, Outcome } from '../../../../guest/arm64/index.ts';
import { failed, measured } from '../../../step.ts';
import type { Step } from '../../../step.ts';
import { CALL_TABLE, callsAnswered } from './calls.ts';
import { COUNTER_TABLE, counters, vectorLengths } from './counters.ts';
import { FRAME_TABLE, framesRead, WRITABLE_TABLE, writableBits } from './frames.ts';
import { openObserved } from './machine.ts';
import type { ObservedMachine } from './machine.ts';
import { REGISTER_TABLE, registersRead } from './registers.ts';

export const observed: Step = {
  name: 'observed',
  architecture: 'arm64',
  seconds: 15,
  run(context) {
    const opened = openObserved(context);
    if (!opened.ok) return failed(opened.error);
    using machine = opened.value;
    return measured(observe(machine, context.note));
  },
};

/** A table that ends its guest costs what comes behind it in the same table, and nothing else. */
export function observe(
  { run, gic }: Pick<ObservedMachine, 'run' | 'gic'>,
  note: (what: string) => void,
): ObservedSection {
  const ended: Record<string, string> = {};
  const table = (name: string, operations: readonly GuestOperation[]): readonly Outcome[] => {
    note(`a guest: ${name}`);
    const result = run(operations);
    if (result.ended.how !== 'done') ended[name] = describeEnd(result.ended);
    return result.outcomes;
  };
  const registers = registersRead(table('registers', REGISTER_TABLE));
  const frames = gic === 'none' ? [] : framesRead(table('frames', FRAME_TABLE));
  const writable = gic === 'none' ? [] : writableBits(table('writable', WRITABLE_TABLE));
  const calls = callsAnswered(table('calls', CALL_TABLE));
  const [lengths, count] = table('counters', COUNTER_TABLE);
  return {
    vcpu: 'all',
    gic,
    ended,
    registers,
    frames,
    writable,
    calls,
    vectorLengths: vectorLengths(lengths),
    counters: counters(count),
  };
}
