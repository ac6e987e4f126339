/**
 * Which host this is: kernel, KVM modules with their parameters, CPU, microcode. From uname, /proc and /sys; what is
 * not readable is left out or null, never guessed.
 */
import { closeSync, openSync, readFileSync, readSync, readdirSync } from 'node:fs';
import { arch, release, version } from 'node:os';
import type { Cpu, Host, KernelModule } from '../../model/index.ts';
import { measured } from '../step.ts';
import type { Step } from '../step.ts';

export const host: Step = {
  name: 'host',
  seconds: 5,
  run: () => measured(readHost()),
};

export function readHost(): Host {
  return {
    kernelRelease: release(),
    kernelVersion: version(),
    cpu: arch() === 'arm64' ? arm64Cpu() : x86Cpu(),
    modules: kvmModules(),
    commandLine: (readText('/proc/cmdline') ?? '')
      .split(/\s+/)
      .filter((word) => /^(kvm|id_aa64|arm64\.|mitigations)/.test(word)),
  };
}

function readText(path: string): string | null {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return null;
  }
}

function firstBlock(path: string): string {
  let text = '';
  try {
    const file = openSync(path, 'r');
    try {
      const buffer = Buffer.alloc(16_384);
      for (let read = 1; read > 0 && !text.includes('\n\n');) {
        read = readSync(file, buffer);
        text += buffer.toString('utf8', 0, read);
      }
    } finally {
      closeSync(file);
    }
  } catch {
    return '';
  }
  return text.split('\n\n')[0] ?? '';
}

/** The first processor's block of /proc/cpuinfo; the whole file takes long to make on a host of hundreds. */
function cpuinfo(): ReadonlyMap<string, string> {
  const first = firstBlock('/proc/cpuinfo');
  return new Map(
    first.split('\n').flatMap((line) => {
      const [key, ...rest] = line.split(':');
      return key === undefined || rest.length === 0 ? [] : [[key.trim(), rest.join(':').trim()]];
    }),
  );
}

function x86Cpu(): Cpu {
  const info = cpuinfo();
  const number = (key: string): { readonly [k: string]: number } => {
    const value = Number(info.get(key));
    return Number.isInteger(value) ? { [key]: value } : {};
  };
  const family = number('cpu family')['cpu family'];
  const modelNumber = number('model')['model'];
  const stepping = number('stepping')['stepping'];
  return {
    vendor: info.get('vendor_id') ?? 'unknown',
    model: info.get('model name') ?? null,
    ...(family === undefined ? {} : { family }),
    ...(modelNumber === undefined ? {} : { modelNumber }),
    ...(stepping === undefined ? {} : { stepping }),
    microcode: info.get('microcode') ?? null,
  };
}

/** MIDR and REVIDR as the kernel exposes them (Documentation/arch/arm64/cpu-feature-registers.rst). */
function arm64Cpu(): Cpu {
  const registers = '/sys/devices/system/cpu/cpu0/regs/identification';
  const canonical = (text: string | null): string | null => (text === null ? null : `0x${BigInt(text).toString(16)}`);
  const midr = canonical(readText(`${registers}/midr_el1`));
  const revidr = canonical(readText(`${registers}/revidr_el1`));
  return {
    vendor: cpuinfo().get('CPU implementer') ?? 'unknown',
    model: readText('/proc/device-tree/model')?.replace(/\0+$/, '') ?? null,
    ...(midr === null ? {} : { midr }),
    ...(revidr === null ? {} : { revidr }),
    microcode: null,
  };
}

function kvmModules(): KernelModule[] {
  return list('/sys/module')
    .filter((name) => /^kvm(_|$)/.test(name))
    .sort()
    .map((name) => {
      const parameters: Record<string, string> = {};
      for (const parameter of list(`/sys/module/${name}/parameters`).sort()) {
        const value = readText(`/sys/module/${name}/parameters/${parameter}`);
        if (value !== null) parameters[parameter] = value;
      }
      return { name, parameters };
    });
}

function list(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}
