/** All commands, and what `--help` says of the whole. */
import { or } from '@optique/core/constructs';
import { text } from '@optique/core/message';
import { command } from '@optique/core/primitives';
import { lines } from './command.ts';
import type { Command } from './command.ts';
import { conform } from './commands/conform.ts';
import { baseline } from './commands/baseline.ts';
import { contractExport } from './commands/contract-export.ts';
import { contractImport } from './commands/contract-import.ts';
import { contractPin } from './commands/contract-pin.ts';
import { contractPlan } from './commands/contract-plan.ts';
import { contractVerify } from './commands/contract-verify.ts';
import { explain } from './commands/explain.ts';
import { fence } from './commands/fence.ts';
import { fingerprintCompare } from './commands/fingerprint-compare.ts';
import { fingerprintDump } from './commands/fingerprint-dump.ts';
import { hostCheck } from './commands/host-check.ts';
import { hostObserve } from './commands/host-observe.ts';
import { hostProbe } from './commands/host-probe.ts';
import { labConform } from './commands/lab-conform.ts';
import { labDoctor } from './commands/lab-doctor.ts';
import { labFetch } from './commands/lab-fetch.ts';
import { labImage } from './commands/lab-image.ts';
import { labKernels } from './commands/lab-kernels.ts';
import { labLiveUpdateCommand } from './commands/lab-live-update.ts';
import { labObserve } from './commands/lab-observe.ts';
import { labProbe } from './commands/lab-probe.ts';
import { labRecord } from './commands/lab-record.ts';
import { labQemuRoundtrip } from './commands/lab-qemu-roundtrip.ts';
import { labRoundtrip } from './commands/lab-roundtrip.ts';
import { labVerify } from './commands/lab-verify.ts';
import { libvirtCache } from './commands/libvirt-cache.ts';
import { libvirtHook } from './commands/libvirt-hook.ts';
import { libvirtInstallHook, libvirtUninstallHook } from './commands/libvirt-install-hook.ts';
import { migrationCheck } from './commands/migration-check.ts';
import { migrationMatrix } from './commands/migration-matrix.ts';
import { qemuList } from './commands/qemu-list.ts';
import { qemuProbe } from './commands/qemu-probe.ts';
import { qemuRecord } from './commands/qemu-record.ts';
import { qemuShow } from './commands/qemu-show.ts';
import { qemuStream } from './commands/qemu-stream.ts';
import { qemuVmstateCheck } from './commands/qemu-vmstate-check.ts';
import { registryCoverage } from './commands/registry-coverage.ts';
import { schema } from './commands/schema.ts';
import { snapshotRestore } from './commands/snapshot-restore.ts';
import { snapshotSave } from './commands/snapshot-save.ts';
import { snapshotShow } from './commands/snapshot-show.ts';
import { surfaceDiff } from './commands/surface-diff.ts';
import { surfaceLabels } from './commands/surface-labels.ts';
import { surfaceList } from './commands/surface-list.ts';
import { surfaceShow } from './commands/surface-show.ts';

export const EXAMPLES: readonly string[] = [
  'evenkeel host check                                   # this host beside recorded kernels',
  'evenkeel host probe --write before.json               # what this host shows a guest',
  'evenkeel migration check before.json --to host        # after an upgrade: what changed',
  'evenkeel migration check x86_64/max/debian-6.1 --to x86_64/max/debian-6.12 --and-back x86_64/max/debian-6.1',
  'evenkeel surface diff arm64/max/debian-6.1 arm64/max/debian-6.12',
  'evenkeel lab probe --kernel debian:6.12 --arch arm64  # boot that kernel and measure it',
  'evenkeel completion bash > ~/.local/share/bash-completion/completions/evenkeel',
];

const host: Command = command('host', or(hostCheck, hostProbe, hostObserve), {
  brief: [text('Measure this host')],
  footer: lines(['evenkeel host check', 'evenkeel host probe --write before.json', 'evenkeel host observe']),
});

const surface: Command = command('surface', or(surfaceShow, surfaceDiff, surfaceLabels, surfaceList), {
  brief: [text('What hosts can show a guest')],
  footer: lines(['evenkeel surface list', 'evenkeel surface diff arm64/max/debian-6.1 arm64/max/debian-6.12']),
});

const contract: Command = command(
  'contract',
  or(contractPin, contractPlan, contractVerify, contractExport, contractImport),
  {
    brief: [text('What a guest was promised')],
    footer: lines([
      'evenkeel contract pin host --write web.contract.json',
      'evenkeel contract verify web.contract.json',
    ]),
  },
);

const migration: Command = command('migration', or(migrationCheck, migrationMatrix), {
  brief: [text('What a move would change, there and back')],
  footer: lines([
    'evenkeel migration check before.json --to host',
    'evenkeel migration matrix x86_64/max/debian-6.1 x86_64/max/debian-6.12',
  ]),
});

const snapshot: Command = command('snapshot', or(snapshotSave, snapshotRestore, snapshotShow), {
  brief: [text('Guests saved with their contract')],
  footer: lines(['evenkeel snapshot save --write guest.snapshot', 'evenkeel snapshot restore guest.snapshot']),
});

const libvirt: Command = command('libvirt', or(libvirtInstallHook, libvirtUninstallHook, libvirtCache, libvirtHook), {
  brief: [text('A hook that keeps guests from hosts that break their contract')],
  footer: lines(['sudo evenkeel libvirt install-hook', 'sudo evenkeel libvirt cache']),
});

const lab: Command = command(
  'lab',
  or(
    labDoctor,
    labKernels,
    labFetch,
    labImage,
    labProbe,
    labObserve,
    labRecord,
    labRoundtrip,
    labQemuRoundtrip,
    labVerify,
    labConform,
    labLiveUpdateCommand,
  ),
  {
    brief: [text('Real kernels, booted under emulation')],
    footer: lines(['evenkeel lab doctor', 'evenkeel lab probe --kernel debian:6.12 --arch arm64']),
  },
);

const qemu: Command = command('qemu', or(qemuProbe, qemuShow, qemuList, qemuVmstateCheck, qemuStream, qemuRecord), {
  brief: [text('What a QEMU can give a guest, saves and loads')],
  footer: lines([
    'evenkeel qemu probe',
    'evenkeel qemu stream guest.stream',
    'evenkeel qemu vmstate-check old.json new.json',
  ]),
});

const fingerprint: Command = command('fingerprint', or(fingerprintCompare, fingerprintDump), {
  brief: [text('Fingerprints of Firecracker')],
  footer: lines(['evenkeel fingerprint compare before.json after.json', 'evenkeel fingerprint dump host']),
});

const registry: Command = command('registry', registryCoverage, {
  brief: [text('What every register and bit is')],
  footer: lines(['evenkeel registry coverage --recorded']),
});

export const program: Command = or(
  host,
  surface,
  contract,
  migration,
  snapshot,
  baseline,
  fence,
  fingerprint,
  conform,
  libvirt,
  qemu,
  registry,
  explain,
  lab,
  schema,
);

/** The first words of commands; a wrong command line is pointed to the help of its group. */
export const GROUPS: readonly string[] = [
  'host',
  'surface',
  'contract',
  'migration',
  'snapshot',
  'baseline',
  'fence',
  'fingerprint',
  'conform',
  'libvirt',
  'qemu',
  'registry',
  'explain',
  'lab',
  'schema',
];
