/**
 * Settings that are tried on one machine: those of a group do not touch each other's tests, so that a few machines show
 * all of them.
 */
import { BEHAVIOURS, SETTING } from '../../../arch/arm64/tables/behaviours.ts';
import type { SettingName } from '../../../arch/arm64/tables/behaviours.ts';

export const GROUPS: readonly (readonly SettingName[])[] = [
  [
    'revision2',
    'psci11',
    'noTrng',
    'noStolenTime',
    'noVendorCalls',
    'workaround1',
    'workaround2',
    'workaround3',
    'filter',
    'suspend',
    'noSyndrome',
    'eventFilter',
    'counterOffset',
    'tagging',
    'oneCounter',
    'midr',
    'clidr',
    'ccsidr',
  ],
  ['revision1', 'psci02', 'discovery', 'stolenTimePage', 'noPmu', 'noSve', 'noPointerAuthentication'],
  ['strict', 'psci10'],
];

/** Ids of the tests that a setting is there for. */
export function testsOf(setting: SettingName): readonly string[] {
  const { word, value } = SETTING[setting];
  return BEHAVIOURS.filter(({ settings }) => settings.some((each) => each.word === word && each.value === value)).map(
    ({ id }) => id,
  );
}
