/** `node write-for-ever.ts PARTS FILE`: writes one snapshot after the other to FILE until it is killed. */
import { writeSnapshot } from '../../src/snapshot/file/index.ts';
import { large, partsOf } from './large.ts';

const EXTENTS = 8;

const [, , from = '', path = ''] = process.argv;
const parts = await partsOf(from);
process.stdout.write('ready\n');
for (let count = 1; ; count++) {
  const written = await writeSnapshot(path, large(parts, `number ${count}`, EXTENTS));
  if (!written.ok) throw new Error(written.error.message);
}
