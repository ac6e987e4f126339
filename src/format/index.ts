/**
 * File formats: schemas, the canonical form and the fingerprint, reading with the place of every fault, writing whole
 * or not at all. Validation lives here and not in `model/`, because the probe's worker loads the model.
 */
export { AGREEMENT_FORMAT, agreementSchema } from './agreement.ts';
export type { AgreementDocument } from './agreement.ts';
export { BASELINE_FORMAT, baselineSchema } from './baseline.ts';
export type { BaselineDocument } from './baseline.ts';
export { readBytes, systemError } from './bytes.ts';
export { canonicalJson } from './canonical.ts';
export { CONFORMANCE_FORMAT, conformanceSchema } from './conformance.ts';
export type { ConformanceDocument } from './conformance.ts';
export { contractSchema } from './contract.ts';
export { COVERAGE_FORMAT, coverageSchema } from './coverage.ts';
export type { CoverageDocument, RawCount } from './coverage.ts';
export { DIFFERENCE_FORMAT, differenceSchema } from './difference.ts';
export type { DifferenceDocument, NamedFingerprint } from './difference.ts';
export { describeDocumentError, documentError, pointerOf } from './error.ts';
export type { DocumentCode, DocumentError, Place } from './error.ts';
export { EXPLANATION_FORMAT, explanationSchema } from './explanation.ts';
export type { ExplainedCall, ExplainedElement, ExplainedHistory, ExplanationDocument } from './explanation.ts';
export { exportSchema } from './export.ts';
export { FENCE_FORMAT, fenceSchema } from './fence.ts';
export type { FenceDocument } from './fence.ts';
export { hostLabelsSchema } from './host-labels.ts';
export { libvirtAnswersSchema } from './libvirt-answers.ts';
export { fingerprint } from './fingerprint.ts';
export type { CanonicalSections } from './fingerprint.ts';
export { fingerprintComparisonSchema } from './fingerprint-comparison.ts';
export type { FingerprintComparisonDocument } from './fingerprint-comparison.ts';
export { MATRIX_FORMAT, matrixSchema } from './matrix.ts';
export type { MatrixDocument } from './matrix.ts';
export { MIGRATION_STREAM_FORMAT, migrationStreamSchema } from './migration-stream.ts';
export type {
  MigrationField,
  MigrationRegister,
  MigrationSection,
  MigrationStreamDocument,
  MigrationSubsection,
} from './migration-stream.ts';
export { OBSERVATION_FORMAT, observationSchema } from './observation.ts';
export type { ObservationDocument } from './observation.ts';
export { planSchema } from './plan.ts';
export { QEMU_PROOF_FORMAT, QEMU_PROOF_MODES, qemuProofSchema } from './qemu-proof.ts';
export type {
  QemuProofDocument,
  QemuProofMode,
  QemuProofMove,
  QemuProofNone,
  QemuProofPlace,
  QemuProofReason,
  QemuProofUnlike,
  QemuProofWord,
} from './qemu-proof.ts';
export { PROOF_FORMAT, proofSchema } from './proof.ts';
export type { ProofDocument, ProofLeg, ProofObservation, ProofTrip, ProofWord } from './proof.ts';
export { PUBLISHED_FORMATS, jsonSchemaOf } from './published.ts';
export type { PublishedFormat } from './published.ts';
export { parseJson, readDocument, toDocument, validate } from './read.ts';
export type { Document } from './read.ts';
export { RESTORE_FORMAT, restoreSchema } from './restore.ts';
export type { DifferenceRow, RestoreDocument, RestoredDocument } from './restore.ts';
export { savedStateSchema, snapshotMetadataSchema, snapshotSourceSchema } from './snapshot.ts';
export { SNAPSHOT_SUMMARY_FORMAT, snapshotSummarySchema } from './snapshot-summary.ts';
export type { MemoryUse, SnapshotSection, SnapshotSummary, UnitSummary } from './snapshot-summary.ts';
export { STREAM_VERDICT_FORMAT, streamVerdictSchema } from './stream-verdict.ts';
export { stringify } from './stringify.ts';
export { surfaceSchema } from './surface.ts';
export { verdictSchema } from './verdict.ts';
export { verificationSchema } from './verification.ts';
export type { VerificationDocument } from './verification.ts';
export type { VerdictDocument } from './verdict.ts';
export { vmmFingerprint } from './vmm-fingerprint.ts';
export { toVmmSurface, vmmSurfaceSchema, vmmSurfaceText } from './vmm-surface.ts';
export { VMSTATE_COMPARISON_FORMAT, vmstateComparisonSchema } from './vmstate-comparison.ts';
export type { VmstateComparisonDocument } from './vmstate-comparison.ts';
export { contractText, fillWhole, surfaceText, writeWhole } from './write.ts';
