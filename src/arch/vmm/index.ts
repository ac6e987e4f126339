/** VMM profiles: what each VMM can select, saves, insists on, tolerates and drops, by version. Data; the engine judges. */
import type { VmmProfile, VmmRow } from '../../model/index.ts';
import { CLOUD_HYPERVISOR } from './cloud-hypervisor.ts';
import { FIRECRACKER } from './firecracker.ts';
import { QEMU_ARM64_DEFAULTS, qemuArm64Rows } from './qemu-arm64.ts';
import { qemuX86Defaults, qemuX86Rows } from './qemu-x86.ts';
import type { QemuVersion } from './qemu-version.ts';

const QEMU: readonly (readonly [QemuVersion, read: string])[] = [
  ['5.2', "Debian's source 1:5.2+dfsg-11+deb11u3"],
  ['7.2', "Debian's source 1:7.2+dfsg-7+deb12u18"],
  ['10.0', "Debian's source 1:10.0.13+ds-0+deb13u1"],
  ['11.1', "Debian's program 1:11.1.3+ds-1, and files of upstream's repository; its source could not be had"],
];

function qemu(version: QemuVersion, age: number, read: string): VmmProfile {
  return {
    name: `qemu:${version}`,
    family: 'qemu',
    age,
    read,
    rollback: `the guest has to have been started with a machine type that QEMU ${version} has: pc-q35-${version} or virt-${version} at the newest`,
    rows: { x86_64: qemuX86Rows(version), arm64: qemuArm64Rows(version) },
    defaults: { x86_64: qemuX86Defaults(version), arm64: QEMU_ARM64_DEFAULTS },
  };
}

/** Does all that KVM can, so that what it cannot do is KVM's. */
const ALL: readonly VmmRow[] = [
  {
    words: ['*'],
    selects: { how: 'itself', text: '' },
    saves: 'yes',
    lacking: 'tolerates',
    refused: 'fails',
    source: 'by definition',
  },
];

const IDEAL: VmmProfile = {
  name: 'ideal',
  family: 'ideal',
  age: 0,
  read: 'a VMM that uses all of KVM, and reports every error',
  rollback: null,
  rows: { x86_64: ALL, arm64: ALL },
  defaults: { x86_64: [], arm64: [] },
};

export const VMM_PROFILES: readonly VmmProfile[] = [
  ...QEMU.map(([version, read], age) => qemu(version, age, read)),
  FIRECRACKER,
  CLOUD_HYPERVISOR,
  IDEAL,
];
