/** `lab doctor`: what the lab needs, what is there, and the one command that installs the rest. */
import { object } from '@optique/core/constructs';
import { map } from '@optique/core/modifiers';
import { doctor } from '../../lab/index.ts';
import { define } from '../command.ts';
import type { Command, Task } from '../command.ts';
import { EXIT } from '../exit.ts';
import { labFor } from '../lab.ts';
import { table } from '../table.ts';

export const labDoctor: Command = define(
  'doctor',
  map(object({}), (): Task => async (terminal) => {
    const { findings, ready, install } = await doctor(labFor(terminal));
    const rows = findings.map(({ what, state, detail }) => [what, state, detail]);
    const columns = [{ title: 'WHAT' }, { title: 'STATE' }, { title: 'DETAIL', flexible: true }];
    const advice = install === null ? '' : `\nInstall what is missing with:\n  ${install}\n`;
    terminal.out(table(columns, rows, { width: terminal.width }) + advice);
    return ready ? EXIT.ok : EXIT.lab;
  }),
  {
    brief: 'Say what the lab needs and what is missing',
    description: 'What is "later" is fetched by itself when it is needed, or before that by evenkeel lab fetch.',
    examples: ['evenkeel lab doctor'],
  },
);
