/**
 * libvirt's `virsh hypervisor-cpu-compare`, per comparison, as docs/agreement/hypervisor-cpu-compare.md says: QEMU's
 * emulation, libvirt's driver within virsh, many comparisons in one process less the time of one. What the compiled
 * engine's figures are to be read beside.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const MANY = 1000;
const ROUNDS = 5;
const CPU = `<cpu mode='custom' match='exact'><model fallback='forbid'>Penryn</model></cpu>\n`;

export function run(): Promise<void> {
  if (spawnSync('virsh', ['--version']).status !== 0) {
    console.log('libvirt: not measured: virsh is not installed');
    return Promise.resolve();
  }
  const directory = mkdtempSync(join(tmpdir(), 'evenkeel-bench-'));
  try {
    const file = join(directory, 'guest.xml');
    writeFileSync(file, CPU);
    const one = `hypervisor-cpu-compare --virttype qemu ${file}`;
    const uri = `qemu:///embed?root=${join(directory, 'embed')}`;
    const milliseconds = (times: number): number | null => {
      const begun = performance.now();
      const ran = spawnSync('virsh', ['-q', '-c', uri, Array.from({ length: times }, () => one).join('; ')]);
      // 1: the comparison said that the CPU does not fit, which is an answer.
      return ran.status === 0 || ran.stdout.length > 0 ? performance.now() - begun : null;
    };
    // The first finds out what QEMU can do.
    if (milliseconds(1) === null) {
      console.log('libvirt: not measured: hypervisor-cpu-compare fails here');
      return Promise.resolve();
    }
    let [single, many] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
    for (let round = 0; round < ROUNDS; round++) {
      single = Math.min(single, milliseconds(1) ?? single);
      many = Math.min(many, milliseconds(MANY) ?? many);
    }
    console.log(`libvirt, virsh hypervisor-cpu-compare, one process for each: ${single.toFixed(1)} ms`);
    console.log(`  one more in the same process: ${((many - single) / (MANY - 1)).toFixed(3)} ms`);
  } finally {
    rmSync(directory, { recursive: true });
  }
  return Promise.resolve();
}

if (import.meta.main) await run();
