/** Answers for tests: of this host as it is, with levels as a test wants them. */
import { readHost } from '../../../src/probe/steps/host.ts';
import type { Host, Level, LibvirtAnswers } from '../../../src/model/index.ts';

export const HOST: Host = {
  kernelRelease: '6.12.1',
  kernelVersion: '#1 SMP',
  cpu: { vendor: 'AuthenticAMD', model: 'AMD EPYC', family: 25, modelNumber: 1, stepping: 1, microcode: '0xa0011d1' },
  modules: [{ name: 'kvm', parameters: { halt_poll_ns: '200000', ignore_msrs: 'N' } }],
  commandLine: ['kvm.ignore_msrs=0'],
};

/** One contract a guest; `others` for KVM guests that are not named. */
export function answersOf(
  levels: Readonly<Record<string, Level>>,
  { host = HOST, others }: { readonly host?: Host; readonly others?: Level } = {},
): LibvirtAnswers {
  const named = Object.entries(levels).map(([guest, level]) => ({ guest, level }));
  const all = [...named, ...(others === undefined ? [] : [{ guest: 'others', level: others }])];
  return {
    format: 'evenkeel.libvirt-answers/1',
    prepared: { at: '2026-11-21T11:00:00Z', by: 'evenkeel test' },
    host,
    surface: `sha256:${'0'.repeat(64)}`,
    vmm: null,
    contracts: all.map(({ guest, level }) => ({
      file: `guests/${guest}.contract.json`,
      level,
      reasons: level === 'same' ? [] : [`cpuid/0x7:0/ebx/avx2: ${level}`],
      more: 0,
    })),
    guests: named.map(({ guest }, contract) => ({ guest, contract })),
    others: others === undefined ? null : named.length,
  };
}

/** True of the machine that the test runs on. */
export function answersHere(levels: Readonly<Record<string, Level>>): LibvirtAnswers {
  return answersOf(levels, { host: readHost() });
}

export const UUID = 'c7a5fdbd-edaf-9455-926a-d65c16db1809';

export function domainXml(type: string = 'kvm', uuid: string = UUID): string {
  return `<domain type='${type}' id='3'>\n  <name>web1</name>\n  <uuid>${uuid}</uuid>\n</domain>\n`;
}
