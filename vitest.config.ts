import type { ViteUserConfig } from 'vitest/config';

const config: ViteUserConfig = {
  test: {
    environment: 'node',
    include: ['test/**/*.test.ts'],
    // koffi must not be used from worker threads.
    pool: 'forks',
    reporters: ['default', './test/reporter.ts'],
    testTimeout: 240_000,
    // Two cores are the least that Evenkeel is developed on; a lab test boots machines of its own.
    maxWorkers: 2,
  },
};

export default config;
