/**
 * docs/reliability.md: `node scripts/generate/reliability.ts`. Takes minutes: it makes every call of a save and of a restore
 * fail, cuts and flips a snapshot at random, kills writers and fills disks. Needs /dev/kvm for the first of these, and
 * says so where there is none.
 */
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { writeWhole } from '../../src/format/index.ts';
import { measureReliability } from '../reliability/measure.ts';
import { reliabilityPage } from '../reliability/page.ts';

const path = join(import.meta.dirname, '../../docs/reliability.md');
const counts = { flips: 12_000, cuts: 2000, kills: 50, disks: 24, ends: 5 };
const found = await measureReliability(counts, (what) => process.stderr.write(`${what}\n`));
const text = await format(reliabilityPage(found), { ...(await resolveConfig(path)), parser: 'markdown' });
const written = writeWhole(path, text);
if (!written.ok) throw new Error(written.error.message);
