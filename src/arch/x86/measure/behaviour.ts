/** The words `behaviour/ID`: outcomes of tests that a guest ran, for what no register declares. */
import type { Surface } from '../../../model/index.ts';
import { behaviourWords } from '../../behaviour.ts';
import { operation } from '../operations.ts';
import { BEHAVIOURS } from '../tables/behaviours.ts';
import { areaFrom, readSection } from './reading.ts';
import type { Part } from './reading.ts';

/**
 * No area where the surface has no such section: it was recorded before there were these tests, and says no less of the
 * rest for it.
 */
export function measureBehaviour(surface: Surface): Part[] {
  if (surface.sections['behaviour'] === undefined) return [];
  const reading = readSection(surface, 'behaviour');
  const area = areaFrom('behaviour', reading);
  if (reading.kind !== 'measured') return [{ area, words: [] }];
  return [{ area, words: behaviourWords(BEHAVIOURS, reading.data, reading.pointer, operation) }];
}
