/** `node scripts/lint/registry.ts`: every linter over the tables of both architectures, each named with its outcome. */
import { LINTERS } from './rules/index.ts';
import { subjectOf } from './subject.ts';

/** A fault in a table is often there many times. */
const SHOWN = 10;

let failed = 0;
for (const architecture of ['x86_64', 'arm64'] as const) {
  const subject = subjectOf(architecture);
  for (const { name, holds, find } of LINTERS) {
    const findings = find(subject);
    console.log(`${findings.length === 0 ? 'holds' : 'fails'}  ${architecture}  ${name}  (${holds})`);
    for (const { where, message } of findings.slice(0, SHOWN)) console.log(`  ${where}: ${message}`);
    if (findings.length > SHOWN) console.log(`  … and ${findings.length - SHOWN} more`);
    if (findings.length > 0) failed++;
  }
}
if (failed > 0) process.exitCode = 1;
