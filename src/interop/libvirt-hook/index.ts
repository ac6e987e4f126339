/**
 * A hook of libvirt's (/etc/libvirt/hooks/qemu.d): says of a guest that is about to come to this host whether its contract
 * holds here, from answers made beforehand. `main.ts` is what libvirt's call ends in; it loads neither this index nor the
 * command line.
 */
export { HOOKS_DIRECTORY, hookPath, installHook, ownProgram, uninstallHook } from './install.ts';
export type { Installed } from './install.ts';
export { OPERATION_ROWS, OPERATIONS, VETOABLE } from './operations.ts';
export type { Operation, OperationRow } from './operations.ts';
export { isUuid } from './domain.ts';
export { readAnswers } from './read.ts';
export { changesOf } from './same-host.ts';
export { ANSWERS_FILE, DEFAULT_SETTINGS, settingsOf } from './settings.ts';
export type { Settings } from './settings.ts';
