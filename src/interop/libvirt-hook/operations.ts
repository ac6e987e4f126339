/**
 * What libvirt calls a QEMU hook for, and what it makes of a failure. Data; read from libvirt 11.3.0 (docs/hooks.rst, and
 * the function named in each row).
 */

export const OPERATIONS = [
  'prepare',
  'start',
  'started',
  'stopped',
  'release',
  'migrate',
  'restore',
  'reconnect',
  'attach',
] as const;

export type Operation = (typeof OPERATIONS)[number];

export interface OperationRow {
  /** When it is called, and on which host. */
  readonly when: string;
  /** What an exit status other than 0 does. */
  readonly failure:
    /** Nothing of the guest runs yet on this host; the operation ends with an error, and what was saved or runs elsewhere stays. */
    | 'aborts'
    /** The same, but that libvirt 11.3.0 deletes a managed save without having used it. */
    | 'loses'
    /** The guest runs here already, and its process is killed. */
    | 'kills'
    | 'ignored'
    /** No released libvirt that was read calls it. */
    | 'not-called';
  /** What it writes to standard output: the domain's new XML, or nobody reads it. */
  readonly output: 'domain-xml' | 'unread';
  readonly source: string;
}

export const OPERATION_ROWS: Readonly<Record<Operation, OperationRow>> = {
  prepare: {
    when: 'before every start: cold, restored, reverted to a snapshot, or of an incoming migration; nothing is set up yet',
    failure: 'aborts',
    output: 'unread',
    source: 'src/qemu/qemu_process.c, qemuProcessInit',
  },
  start: {
    when: 'in the same start, a moment after prepare: resources are labelled, QEMU is not started',
    failure: 'aborts',
    output: 'unread',
    source: 'src/qemu/qemu_process.c, qemuProcessLaunch',
  },
  started: {
    when: 'QEMU runs, and with a cold start its vCPUs do',
    failure: 'kills',
    output: 'unread',
    source: 'src/qemu/qemu_process.c, qemuProcessFinishStartup',
  },
  stopped: {
    when: 'QEMU has ended',
    failure: 'ignored',
    output: 'unread',
    source: 'src/qemu/qemu_process.c, qemuProcessStop',
  },
  release: {
    when: 'its resources are released',
    failure: 'ignored',
    output: 'unread',
    source: 'src/qemu/qemu_process.c, qemuProcessStop',
  },
  migrate: {
    when: 'on the destination, before anything else of an incoming migration',
    failure: 'aborts',
    output: 'domain-xml',
    source: 'src/qemu/qemu_migration.c, qemuMigrationDstPrepareFresh',
  },
  restore: {
    when: 'before a saved image is used: virsh restore, or the start of a guest with a managed save; prepare follows',
    failure: 'loses',
    output: 'domain-xml',
    // qemuDomainObjRestore gives the 0 of the call before where the hook fails; qemuDomainObjStart takes it for success.
    source: 'src/qemu/qemu_driver.c, qemuDomainRestoreInternal, qemuDomainObjRestore and qemuDomainObjStart',
  },
  reconnect: {
    when: 'libvirtd was restarted and finds the guest running',
    failure: 'kills',
    output: 'unread',
    source: 'src/qemu/qemu_process.c, qemuProcessReconnect',
  },
  attach: {
    when: 'a QEMU that was started by somebody else is taken over',
    failure: 'not-called',
    output: 'unread',
    source: 'docs/hooks.rst; the name is in src/util/virhook.h, and nothing calls it',
  },
};

/** Operations at which a veto costs nothing that runs or was saved: the only ones at which one is ever given. */
export const VETOABLE: readonly Operation[] = OPERATIONS.filter((name) => OPERATION_ROWS[name].failure === 'aborts');

export function isOperation(name: string): name is Operation {
  const names: readonly string[] = OPERATIONS;
  return names.includes(name);
}
