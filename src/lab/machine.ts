/** The emulated machines: what of QEMU's command line makes the host that is recorded. */
import type { Architecture } from '../model/index.ts';

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

export interface Boot {
  readonly architecture: Architecture;
  /** Files: kernel and image. */
  readonly kernel: string;
  readonly image: string;
  readonly medium: Medium;
  /** For `-cpu`. */
  readonly cpu: string;
  /** Words for the kernel command line. */
  readonly append: readonly string[];
  /** Words for the first program. */
  readonly words: readonly string[];
}

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

function imageArguments({ medium, image }: Boot): string[] {
  if (medium === 'initramfs') return ['-initrd', image];
  // A comma within an option's value is written twice (qemu(1)).
  const drive = `if=none,id=image,format=raw,readonly=on,file=${image.replaceAll(',', ',,')}`;
  return ['-drive', drive, '-device', 'nvme,drive=image,serial=evenkeel'];
}

/** `rootwait`, because the disk's name appears some time after its driver is ready. */
const FIRST_PROGRAM: Readonly<Record<Medium, string>> = {
  initramfs: 'rdinit=/node',
  disk: 'root=/dev/nvme0n1 rootfstype=ext4 ro rootwait init=/node',
};

/**
 * `quiet` leaves warnings and panics on the console, whose every byte costs time; `panic=-1` makes a panic end the
 * machine. Neither changes what KVM shows. Words behind `--` go to the first program
 * (Documentation/admin-guide/kernel-parameters.rst).
 */
function commandLine(boot: Boot): string {
  const { console } = MACHINES[boot.architecture];
  return [
    `console=${console}`,
    'quiet',
    'panic=-1',
    ...boot.append,
    FIRST_PROGRAM[boot.medium],
    '--',
    '/lab.cjs',
    ...boot.words,
  ].join(' ');
}
