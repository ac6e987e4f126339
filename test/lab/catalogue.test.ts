import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { GUEST_KOFFI, GUEST_NODE, KERNELS } from '../../src/lab/catalogue.ts';
import { MACHINES, cpuArgument, machineArguments } from '../../src/lab/machine.ts';
import { recordJobs } from '../../src/lab/record.ts';

const manifest: unknown = JSON.parse(readFileSync('package.json', 'utf8'));

describe('what runs inside', () => {
  it('is the Node and the koffi that Evenkeel itself is developed with', () => {
    expect(manifest).toMatchObject({ dependencies: { koffi: GUEST_KOFFI }, devDependencies: { node: GUEST_NODE } });
  });
});

describe('what is recorded', () => {
  it('is every kernel of both architectures on two CPUs each, under distinct names', () => {
    const jobs = recordJobs({});
    expect(new Set(jobs.map(({ job }) => job)).size).toBe(2 * 2 * KERNELS.length);
  });

  it('can be narrowed down', () => {
    const jobs = recordJobs({ architectures: ['arm64'], kernels: ['debian:7.2'], cpus: ['neoverse-n1'] });
    expect(jobs.map(({ job }) => job)).toEqual(['arm64/neoverse-n1/debian-7.2']);
  });
});

describe("QEMU's command line", () => {
  const boot = {
    kernel: 'k',
    image: 'i',
    medium: 'disk' as const,
    append: ['kvm-arm.mode=nested'],
    words: ['skip=cpuid'],
  };

  it('puts added words before the end of the kernel command line and words for the program behind it', () => {
    const words = machineArguments({ ...boot, architecture: 'arm64', cpu: 'max' });
    const line = words[words.indexOf('-append') + 1]?.split(' -- ');
    expect(line?.[0]?.split(' ')).toContain('kvm-arm.mode=nested');
    expect(line?.[1]).toBe('/program/lab.cjs skip=cpuid');
  });

  it('hands an image over as a disk or as an initramfs, and names the first program accordingly', () => {
    const disk = machineArguments({ ...boot, architecture: 'arm64', cpu: 'max', image: 'a,b' });
    expect(disk).toContain('if=none,id=image,format=raw,readonly=on,file=a,,b');
    expect(disk).not.toContain('-initrd');
    expect(disk[disk.indexOf('-append') + 1]).toContain('root=/dev/nvme0n1');
    const initramfs = machineArguments({ ...boot, architecture: 'arm64', cpu: 'max', medium: 'initramfs' });
    expect(initramfs[initramfs.indexOf('-initrd') + 1]).toBe('i');
    expect(initramfs[initramfs.indexOf('-append') + 1]).toContain('rdinit=/node');
  });

  it('gives a named CPU in the words of QEMU and anything else as it is', () => {
    expect(cpuArgument('x86_64', 'max')).toBe('max,+svm');
    expect(cpuArgument('x86_64', 'Opteron_G5,-svm')).toBe('Opteron_G5,-svm');
    expect(cpuArgument('arm64', undefined)).toBe(MACHINES.arm64.cpus[0]?.argument);
  });
});
