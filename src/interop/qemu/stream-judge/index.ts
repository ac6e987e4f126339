/** What a destination would do with a migration stream: refuse, drop, ignore, or load as it was saved. */
export { judgeStream } from './judge.ts';
export type { StreamDestination, StreamJudgementError } from './judge.ts';
export type { StreamFinding, StreamJudged, StreamRule, StreamVerdict } from './model.ts';
export type { StreamedRegister, VcpuRegisters } from './registers.ts';
export type { Program } from './sections.ts';
