/**
 * `npm run bench [NAME…]`: figures beside what they are measured against. Each bench is one file that exports `run`; one
 * that cannot run on this machine says why.
 */
import { run as check } from './check.ts';
import { run as compiled } from './compiled.ts';
import { run as lab } from './lab.ts';
import { run as libvirt } from './libvirt.ts';
import { run as libvirtHook } from './libvirt-hook.ts';
import { run as probe } from './probe.ts';
import { run as snapshot } from './snapshot.ts';
import { run as startUp } from './start-up.ts';
import { run as stream } from './stream.ts';
import { run as vmstate } from './vmstate.ts';

const BENCHES: Readonly<Record<string, () => Promise<void>>> = {
  probe,
  check,
  compiled,
  libvirt,
  'libvirt-hook': libvirtHook,
  snapshot,
  'start-up': startUp,
  vmstate,
  stream,
  lab,
};

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => BENCHES[name] === undefined);
if (unknown.length > 0) {
  console.error(`there is no bench ${unknown.join(', ')}; there are ${Object.keys(BENCHES).join(', ')}`);
  process.exitCode = 2;
} else {
  for (const [name, run] of Object.entries(BENCHES)) {
    if (wanted.length === 0 || wanted.includes(name)) await run();
  }
}
