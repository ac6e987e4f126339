/**
 * Ends a run with one plain line of counts, and says of every skipped test why it was skipped: a check that did not
 * run must be seen. Under EVENKEEL_LAB_REQUIRED=1 a skipped test, and a run without tests, is a failure.
 */
import type { Reporter, TestCase, TestModule } from 'vitest/node';

export default class CountsReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const tests = modules.flatMap((module) => [...module.children.allTests()]);
    const failedModules = modules.filter((module) => module.state() === 'failed' && module.errors().length > 0);
    const skipped = tests.filter((test) => test.result().state === 'skipped');
    const failed = tests.filter((test) => test.result().state === 'failed').length + failedModules.length;
    const passed = tests.filter((test) => test.result().state === 'passed').length;
    for (const test of skipped) process.stdout.write(`skipped: ${test.fullName}: ${reasonOf(test)}\n`);
    process.stdout.write(`${passed} passed, ${failed} failed, ${skipped.length} skipped\n`);
    const required = process.env['EVENKEEL_LAB_REQUIRED'] === '1';
    if (passed === 0 || (required && skipped.length > 0)) process.exitCode = 1;
  }
}

function reasonOf(test: TestCase): string {
  const result = test.result();
  return (result.state === 'skipped' ? result.note : undefined) ?? 'no reason given';
}
