/** The linters over the tables, one file and one name each. */
import type { Linter } from '../subject.ts';
import { aliasOfTwo } from './alias-of-two.ts';
import { changeOfNothing } from './change-of-nothing.ts';
import { changeTwice } from './change-twice.ts';
import { comparisonAgainstKind } from './comparison-against-kind.ts';
import { duplicatePath } from './duplicate-path.ts';
import { fieldWithoutClass } from './field-without-class.ts';
import { gaps } from './gaps.ts';
import { mechanismOfNothing } from './mechanism-of-nothing.ts';
import { missingDescription } from './missing-description.ts';
import { missingSource } from './missing-source.ts';
import { neutralOutsideWidth } from './neutral-outside-width.ts';
import { operationWithoutOrder } from './operation-without-order.ts';
import { overlappingBits } from './overlapping-bits.ts';
import { quirkWithoutChange } from './quirk-without-change.ts';
import { selectableWithoutCall } from './selectable-without-call.ts';
import { signedAsUnsigned } from './signed-as-unsigned.ts';
import { stateWithoutDecision } from './state-without-decision.ts';
import { symptomWithoutReason } from './symptom-without-reason.ts';
import { vmmRowOfNothing } from './vmm-row-of-nothing.ts';

export const LINTERS: readonly Linter[] = [
  overlappingBits,
  gaps,
  duplicatePath,
  missingSource,
  missingDescription,
  fieldWithoutClass,
  comparisonAgainstKind,
  signedAsUnsigned,
  operationWithoutOrder,
  mechanismOfNothing,
  neutralOutsideWidth,
  stateWithoutDecision,
  symptomWithoutReason,
  aliasOfTwo,
  changeOfNothing,
  changeTwice,
  selectableWithoutCall,
  quirkWithoutChange,
  vmmRowOfNothing,
];
