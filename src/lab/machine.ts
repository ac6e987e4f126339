/** The emulated machines: what of QEMU's command line makes the host that is recorded. */
import type { Architecture } from '../model/index.ts';
import { BUNDLE_ENTRY } from './bundle.ts';

export interface MachineModel {
  readonly machine: string;
  readonly console: string;
  /** Megabytes. */
  readonly memory: number;
  /**
   * CPUs by the name that they have in `surfaces/` and their text for `-cpu`. The first is the default; the server
   * model comes second. Anything else that is asked for is given to QEMU as it is.
   */
  readonly cpus: readonly { readonly name: string; readonly argument: string }[];
}

export const MACHINES: Readonly<Record<Architecture, MachineModel>> = {
  arm64: {
    // EL2, so that the guest's kernel has KVM at all; GICv3, so that it can give its own guests one.
    machine: 'virt,virtualization=on,gic-version=3',
    console: 'ttyAMA0',
    memory: 1024,
    cpus: [
      { name: 'max', argument: 'max' },
      { name: 'neoverse-n1', argument: 'neoverse-n1' },
    ],
  },
  x86_64: {
    machine: 'q35',
    console: 'ttyS0',
    memory: 1024,
    // TCG emulates SVM and no VMX. It lacks parts of every server model and says which; that is recorded.
    cpus: [
      { name: 'max', argument: 'max,+svm' },
      { name: 'epyc-milan', argument: 'EPYC-Milan,+svm' },
    ],
  },
};

/** The text for `-cpu`: of a named CPU, or what the user wrote. */
export function cpuArgument(architecture: Architecture, cpu: string | undefined): string {
  const { cpus } = MACHINES[architecture];
  if (cpu === undefined) return cpus[0]?.argument ?? 'max';
  return cpus.find(({ name }) => name === cpu)?.argument ?? cpu;
}

/** How an image is handed over: `-initrd`, or an NVMe disk, whose driver Debian's kernels have built in. */
export type Medium = 'initramfs' | 'disk';

/** A raw file that the machine has as a disk. */
export interface Disk {
  readonly file: string;
  readonly writable: boolean;
}

export interface Boot {
  readonly architecture: Architecture;
  /** Files: kernel and image. */
  readonly kernel: string;
  readonly image: string;
  readonly medium: Medium;
  /** Further disks, where the image is one: namespaces 2 and following of the same controller. */
  readonly disks?: readonly Disk[];
  /** For `root=`, where the image is not the only disk. */
  readonly root?: string;
  /** For `-cpu`. */
  readonly cpu: string;
  /** Words for the kernel command line. */
  readonly append: readonly string[];
  /** Words for the first program. */
  readonly words: readonly string[];
}

/** What of a boot the kernel's command line depends on. */
export type CommandLine = Pick<Boot, 'architecture' | 'medium' | 'root' | 'append' | 'words'>;

/** File descriptor of QEMU that is the probe's channel. */
export const CHANNEL_FD = 3;

/** QEMU's arguments. The console is its stdout; nothing else of it is connected to anything. */
export function machineArguments(boot: Boot): string[] {
  const model = MACHINES[boot.architecture];
  return [
    ...['-machine', model.machine, '-cpu', boot.cpu, '-accel', 'tcg', '-smp', '1', '-m', `${model.memory}`],
    ...['-nodefaults', '-no-user-config', '-display', 'none', '-no-reboot'],
    ...['-chardev', 'stdio,id=console,signal=off', '-serial', 'chardev:console'],
    ...['-device', 'virtio-serial-pci', '-chardev', `socket,id=probe,fd=${CHANNEL_FD}`],
    ...['-device', 'virtserialport,chardev=probe,name=evenkeel'],
    ...imageArguments(boot),
    ...['-kernel', boot.kernel, '-append', commandLine(boot)],
  ];
}

function imageArguments({ medium, image, disks = [] }: Boot): string[] {
  if (medium === 'initramfs') return ['-initrd', image];
  const first = ['-drive', drive('image', { file: image, writable: false })];
  if (disks.length === 0) return [...first, '-device', 'nvme,drive=image,serial=evenkeel'];
  // One controller for all: controllers are found in an order of their own, namespaces are numbered.
  const others = disks.flatMap((disk, index) => ['-drive', drive(`disk${index}`, disk)]);
  const names = ['image', ...disks.map((_, index) => `disk${index}`)];
  const namespaces = names.flatMap((name, index) => ['-device', `nvme-ns,bus=disks,drive=${name},nsid=${index + 1}`]);
  return [...first, ...others, '-device', 'nvme,id=disks,serial=evenkeel', ...namespaces];
}

/** A comma within an option's value is written twice (qemu(1)). */
function drive(id: string, { file, writable }: Disk): string {
  return `if=none,id=${id},format=raw,readonly=${writable ? 'off' : 'on'},file=${file.replaceAll(',', ',,')}`;
}

/** `rootwait`, because the disk's name appears some time after its driver is ready. */
function firstProgram({ medium, root = '/dev/nvme0n1' }: CommandLine): string {
  if (medium === 'initramfs') return 'rdinit=/node';
  return `root=${root} rootfstype=ext4 ro rootwait init=/node`;
}

/**
 * `quiet` leaves warnings and panics on the console, whose every byte costs time; `panic=-1` makes a panic end the
 * machine. Neither changes what KVM shows. Words behind `--` go to the first program
 * (Documentation/admin-guide/kernel-parameters.rst).
 */
export function commandLine(boot: CommandLine): string {
  const { console } = MACHINES[boot.architecture];
  return [
    `console=${console}`,
    'quiet',
    'panic=-1',
    ...boot.append,
    firstProgram(boot),
    '--',
    `/program/${BUNDLE_ENTRY}`,
    ...boot.words,
  ].join(' ');
}
