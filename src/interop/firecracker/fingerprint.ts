/**
 * A fingerprint of Firecracker's cpu-template-helper (`fingerprint dump`): kernel, microcode and BIOS of a host, and the
 * guest CPU configuration that a guest got there.
 */
import { canonicalSections } from '../../arch/index.ts';
import { fingerprint } from '../../format/index.ts';
import { SURFACE_FORMAT, hex } from '../../model/index.ts';
import type { Cpu, Json, Result, Surface } from '../../model/index.ts';
import { cpuOfLeaves } from '../x86-cpu.ts';
import { configAt } from './guest-config.ts';
import type { Sections } from './guest-config.ts';
import { rowsOf } from './rows.ts';
import { member, text, walk } from './walk.ts';
import type { At, Fault } from './walk.ts';

/** True for a document that means to be one; whether it is whole, `readFingerprint` says. */
export function isFingerprint(document: Json): boolean {
  return (
    typeof document === 'object' && document !== null && 'guest_cpu_config' in document && 'kernel_version' in document
  );
}

export function readFingerprint(document: Json): Result<Surface, Fault> {
  return walk(() => {
    const root: At = { value: document, pointer: '' };
    const { architecture, sections } = configAt(member(root, 'guest_cpu_config'));
    return {
      format: SURFACE_FORMAT,
      architecture,
      host: {
        kernelRelease: text(member(root, 'kernel_version')),
        kernelVersion: '',
        cpu: { ...cpuOf(sections), microcode: text(member(root, 'microcode_version')) },
        modules: [],
        commandLine: [],
      },
      recorded: {
        at: null,
        by: `Firecracker ${text(member(root, 'firecracker_version'))} fingerprint`,
        method: 'import',
        command: null,
        environment: {
          firecrackerVersion: text(member(root, 'firecracker_version')),
          biosVersion: text(member(root, 'bios_version')),
          biosRevision: text(member(root, 'bios_revision')),
        },
        milliseconds: null,
        ioctls: null,
      },
      sections,
      fingerprint: fingerprint({ architecture, sections }, canonicalSections),
    };
  });
}

/** MIDR_EL1, KVM's id of it: op0 3, op1 0, CRn 0, CRm 0, op2 0 (KVM API document, KVM_SET_ONE_REG). */
const MIDR = '0x603000000013c000';

/** What the values themselves say of the CPU. */
function cpuOf(sections: Sections): Omit<Cpu, 'microcode'> {
  const registers = rowsOf(sections['firecracker.registers'], 'registers');
  if (registers.length > 0) {
    const midr = registers.find((row) => row['id'] === MIDR)?.['value'];
    return { vendor: 'unknown', model: null, ...(typeof midr === 'string' ? { midr } : {}) };
  }
  const leaves = rowsOf(sections['firecracker.cpuid'], 'entries');
  return cpuOfLeaves((leaf) => {
    const found = leaves.find((row) => row['leaf'] === hex(leaf) && row['subleaf'] === '0x0');
    const value = (name: string): { readonly [key: string]: string } => {
      const held = found?.[name];
      return typeof held === 'string' ? { [name]: held } : {};
    };
    return found === undefined ? undefined : { ...value('eax'), ...value('ebx'), ...value('ecx'), ...value('edx') };
  });
}
