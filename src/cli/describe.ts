/** Hosts and surfaces in one line, as their owners would say it. */
import { cpuMaker } from '../arch/index.ts';
import type { Cpu, Surface } from '../model/index.ts';

/** `6.12.41+deb13-amd64, AuthenticAMD EPYC (25/1/1)`; what a capture does not tell is said to be unknown. */
export function describeHost({ host, recorded }: Surface): string {
  return host === null ? `unknown host (${recorded.by})` : `${host.kernelRelease}, ${describeCpu(host.cpu)}`;
}

export function describeCpu(cpu: Cpu): string {
  const numbers = [cpu.family, cpu.modelNumber, cpu.stepping].filter((number) => number !== undefined);
  const identity = numbers.length > 0 ? ` (${numbers.join('/')})` : cpu.midr === undefined ? '' : ` (MIDR ${cpu.midr})`;
  return `${[cpuMaker(cpu), cpu.model].filter((name) => name !== null).join(' ')}${identity}`;
}

/** The first twelve digits: enough for people to tell fingerprints apart. */
export function shortFingerprint(fingerprint: string): string {
  return fingerprint.replace('sha256:', '').slice(0, 12);
}
