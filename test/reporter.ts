/**
 * Ends a run with one plain line of counts, and says of every skipped test why it was skipped: a check that did not
 * run must be seen. A run without a passed test fails, and so does a skipped test of the lab where
 * EVENKEEL_LAB_REQUIRED=1.
 */
import type { Reporter, TestCase, TestModule } from 'vitest/node';

export default class CountsReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const tests = modules.flatMap((module) => [...module.children.allTests()]);
    const failedModules = modules.filter((module) => module.state() === 'failed' && module.errors().length > 0);
    const skipped = tests.filter((test) => test.result().state === 'skipped');
    const failed = tests.filter((test) => test.result().state === 'failed').length + failedModules.length;
    const passed = tests.filter((test) => test.result().state === 'passed').length;
    for (const test of skipped) {
      const reason = reasonOf(test);
      if (reason !== undefined) process.stdout.write(`skipped: ${test.fullName}: ${reason}\n`);
    }
    const silent = skipped.filter((test) => reasonOf(test) === undefined).length;
    if (silent > 0) process.stdout.write(`${silent} tests were skipped without a reason (left out by a filter)\n`);
    const required = process.env['EVENKEEL_LAB_REQUIRED'] === '1';
    const missed = required && skipped.some((test) => test.module.moduleId.includes('/test/lab/'));
    if (missed) process.stdout.write('a test of the lab was skipped, and EVENKEEL_LAB_REQUIRED=1\n');
    if (passed === 0 || missed) process.exitCode = 1;
    process.stdout.write(`${passed} passed, ${failed} failed, ${skipped.length} skipped\n`);
  }
}

/** What the test gave to `context.skip`. */
function reasonOf(test: TestCase): string | undefined {
  const result = test.result();
  return result.state === 'skipped' ? result.note : undefined;
}
