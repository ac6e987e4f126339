/**
 * What the installed script runs, apart from the command line of Evenkeel, whose loading takes longer than all of this.
 * Arguments are the script's, which wrote them from its settings; standard output stays empty.
 */
import { parseArgs } from 'node:util';
import { LEVELS } from '../../model/verdict.ts';
import type { Decision } from './decide.ts';
import { answerCall } from './run.ts';
import { HOOK_EXIT } from './script.ts';

function main(): Decision {
  const { values, positionals } = parseArgs({
    options: {
      directory: { type: 'string' },
      allow: { type: 'string' },
      'without-contract': { type: 'string' },
    },
    allowPositionals: true,
  });
  const [guest, operation] = positionals;
  const { directory, 'without-contract': withoutContract } = values;
  const allow = LEVELS.find((level) => level === values.allow);
  // The settings may have been edited.
  if (allow === undefined) return refuse(`allow=${values.allow ?? ''} is none of ${LEVELS.join(', ')}`);
  if (withoutContract !== 'allow' && withoutContract !== 'veto') {
    return refuse(`without_contract=${withoutContract ?? ''} is neither allow nor veto`);
  }
  if (guest === undefined || operation === undefined || directory === undefined) {
    return refuse('libvirt names neither guest nor operation');
  }
  return answerCall({ guest, operation, directory, policy: { allow, withoutContract } });
}

function refuse(why: string): Decision {
  return { kind: 'no-answer', why };
}

const decision = main();
switch (decision.kind) {
  case 'allow':
    process.exitCode = HOOK_EXIT.allow;
    break;
  case 'veto':
    process.stderr.write(decision.why);
    process.exitCode = HOOK_EXIT.veto;
    break;
  case 'no-answer':
    process.stderr.write(decision.why);
    process.exitCode = HOOK_EXIT.noAnswer;
    break;
}
