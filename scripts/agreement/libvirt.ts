/**
 * Writes docs/agreement/libvirt.md: `node scripts/agreement/libvirt.ts`. Needs libvirt's test data at ../shared/corpora
 * and fetches libvirt's CPU map into the lab's cache; without the data it says so and changes nothing.
 */
import { compareHost, compareQemu, strangeProperties } from './libvirt/compare.ts';
import { CORPUS, corpusIsHere, readCorpus } from './libvirt/corpus.ts';
import { cpuMap } from './libvirt/cpu-map.ts';
import type { CpuMap } from './libvirt/cpu-map.ts';
import { libvirtPage, unexplained } from './libvirt/page.ts';
import type { Row } from './libvirt/page.ts';
import { writePage } from './markdown.ts';

export function libvirtRows(map: CpuMap): readonly Row[] {
  return readCorpus().map((dump) => ({
    cpu: dump.cpu,
    model: dump.host?.model ?? '',
    host: compareHost(dump, map),
    qemu: compareQemu(dump),
    strange: strangeProperties(dump),
  }));
}

async function main(): Promise<void> {
  if (!corpusIsHere()) {
    console.log(`skipped: ${CORPUS} is not here`);
    return;
  }
  const map = await cpuMap(true);
  if (!map.ok) throw new Error(map.error);
  const rows = libvirtRows(map.value);
  console.log(`written: ${await writePage('libvirt.md', libvirtPage(rows, map.value.version))}`);
  const open = unexplained(rows.flatMap(({ host, qemu }) => [host, qemu]).filter((compared) => compared !== null));
  for (const { cpu, feature, has, says } of open) console.error(`not explained: ${cpu} ${feature}: ${has}, ${says}`);
  if (open.length > 0) process.exitCode = 1;
}

if (import.meta.main) await main();
