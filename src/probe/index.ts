/** What is asked of a host: steps, one question each. Who runs them, and makes a surface of what they say, is `worker/`. */
export { absent, failed, measured } from './step.ts';
export type { Step, StepContext } from './step.ts';
export { observeSteps, ownArchitecture, stepsFor } from './steps/index.ts';
export { evenkeelVersion } from './version.ts';
