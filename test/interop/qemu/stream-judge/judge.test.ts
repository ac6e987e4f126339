/** What a destination does with a stream: the subsections and registers that its QEMU or its kernel does not have. */
import { describe, expect, test } from 'vitest';
import { VMM_PROFILES } from '../../../../src/arch/vmm/index.ts';
import { toDocument } from '../../../../src/format/index.ts';
import { judgeStream } from '../../../../src/interop/qemu/stream-judge/index.ts';
import type { Program, StreamFinding, StreamVerdict } from '../../../../src/interop/qemu/stream-judge/index.ts';
import { readDump } from '../../../../src/interop/qemu/vmstate/index.ts';
import type { VmstateDump } from '../../../../src/interop/qemu/vmstate/index.ts';
import type { QemuStream, StreamState } from '../../../../src/interop/qemu/stream/index.ts';
import { dumpedMachines, vmstateDump } from '../../../../src/model/index.ts';
import type { Architecture, Json, Surface, VmmProfile } from '../../../../src/model/index.ts';
import { field, section, state, stream, surfaceOf, surfaceWithoutMsr, vmmFile } from './stream.ts';

const VERSIONS = ['5.2', '7.2', '10.0', '11.1'];

function dumpOf(version: string, architecture: Architecture): VmstateDump {
  const document = toDocument('vmm', JSON.parse(vmmFile(version, architecture)) as Json);
  if (!document.ok || document.value.kind !== 'vmm-surface') throw new Error('no VMM surface');
  const { surface } = document.value;
  const read = readDump(vmstateDump(surface, dumpedMachines(surface)[0] ?? '') ?? null);
  if (!read.ok) throw new Error(read.error.message);
  return read.value;
}

function profileOf(name: string): VmmProfile {
  const profile = VMM_PROFILES.find((each) => each.name === name);
  if (profile === undefined) throw new Error(`no profile ${name}`);
  return profile;
}

function programOf(version: string, architecture: Architecture): Program {
  const others = VERSIONS.filter((other) => other !== version).map((other) => dumpOf(other, architecture));
  return { name: `qemu:${version}`, version, dump: dumpOf(version, architecture), machines: null, others };
}

function verdict(of: QemuStream, surface: Surface, version: string): StreamVerdict {
  const { architecture } = surface;
  const profile = profileOf(`qemu:${version}`);
  const judged = judgeStream(of, { surface, profile, program: programOf(version, architecture) });
  if (!judged.ok) throw new Error(judged.error.message);
  return judged.value;
}

const levels = (findings: readonly StreamFinding[]): string[] => findings.map(({ level, rule }) => `${level} ${rule}`);

const cpu = (...subsections: StreamState[]): QemuStream =>
  stream('x86_64', section('cpu', state('cpu', [field('env.star', 0n)], subsections)));

describe('an MSR that the QEMU of the destination knows and its kernel does not list', () => {
  const smi = (value: bigint): QemuStream => cpu(state('cpu/msr_smi_count', [field('env.msr_smi_count', value)]));

  test('is loaded and never written: MSR_SMI_COUNT is lost without a word', async () => {
    const without = await surfaceWithoutMsr('x86_64/max/debian-6.12', '0x34');
    const { level, findings } = verdict(smi(5n), without, '7.2');
    expect(level).toBe('lost');
    expect(findings).toEqual([
      expect.objectContaining({
        level: 'lost',
        rule: 'register',
        subsection: 'cpu/msr_smi_count',
        word: 'msr/MSR_SMI_COUNT',
        value: 5n,
        offset: 100,
      }),
    ]);
    expect(findings[0]?.text).toContain('leaves it out and says nothing');
  });

  test('is nothing where it holds 0', async () => {
    const without = await surfaceWithoutMsr('x86_64/max/debian-6.12', '0x34');
    expect(verdict(smi(0n), without, '7.2')).toMatchObject({ level: 'same', findings: [] });
  });

  test('is written where the kernel lists it', async () => {
    const surface = await surfaceOf('x86_64/max/debian-6.12');
    expect(verdict(smi(5n), surface, '7.2')).toMatchObject({ level: 'same', judged: { registers: 2, vcpus: 1 } });
  });
});

describe('a subsection of the vCPU', () => {
  test.each<[name: string, version: string, level: string]>([
    ['cpu/msr_hwcr', '7.2', 'refused'],
    ['cpu/msr_hwcr', '10.0', 'same'],
    ['cpu/pkrs', '5.2', 'refused'],
    ['cpu/pkrs', '7.2', 'same'],
    ['cpu/cet', '10.0', 'refused'],
    ['cpu/never_heard_of', '10.0', 'unknown'],
  ])('%s on QEMU %s is %s', async (name, version, level) => {
    const found = verdict(cpu(state(name, [])), await surfaceOf('x86_64/max/debian-7.2'), version);
    expect(found.level).toBe(level);
  });

  test('with nested state is refused on a host whose KVM cannot restore it', async () => {
    const nested = cpu(state('cpu/nested_state', []));
    const surface = await surfaceOf('x86_64/max/debian-6.12');
    expect(verdict(nested, surface, '10.0').level).toBe('same');
    const { capabilities } = surface.sections;
    const data = JSON.parse(
      JSON.stringify(capabilities).replaceAll(/\{[^{}]*"KVM_CAP_NESTED_STATE"[^{}]*\},?/g, ''),
    ) as typeof capabilities;
    if (data === undefined) throw new Error('no capabilities');
    const without = { ...surface, sections: { ...surface.sections, capabilities: data } };
    expect(levels(verdict(nested, without, '10.0').findings)).toEqual(['refused capability-missing']);
  });
});

describe('a section of a device', () => {
  test('whose subsection the older QEMU does not have is refused: ICH9 with ACPI hotplug on 5.2', async () => {
    const subsection = state('ich9_pm/pcihp', []);
    const bridge = stream('x86_64', section('0000:00:1f.0/ICH9LPC', state('ICH9LPC', [], [subsection])));
    const surface = await surfaceOf('x86_64/max/debian-6.12');
    expect(levels(verdict(bridge, surface, '5.2').findings)).toEqual(['refused subsection-unknown']);
    expect(verdict(bridge, surface, '7.2').findings).toEqual([]);
  });

  test('of a version that the older QEMU does not know is refused: nvme of 11.1', async () => {
    const nvme = stream('x86_64', section('0000:00:03.0/nvme', state('nvme', [])));
    const surface = await surfaceOf('x86_64/max/debian-6.12');
    expect(levels(verdict(nvme, surface, '10.0').findings)).toEqual(['refused section-version-too-new']);
    expect(verdict(nvme, surface, '11.1').findings).toEqual([]);
  });

  test('that an older QEMU registers outside of device types is no finding: the PS/2 keyboard on 5.2', async () => {
    const keyboard = stream('x86_64', section('ps2kbd', { ...state('ps2kbd', []), version: 3 }));
    expect(verdict(keyboard, await surfaceOf('x86_64/max/debian-6.12'), '5.2').findings).toEqual([]);
  });

  test('that no dump describes is told as such', async () => {
    const { judged, findings } = verdict(
      stream('x86_64', section('globalstate', state('globalstate', []))),
      await surfaceOf('x86_64/max/debian-6.12'),
      '10.0',
    );
    expect(findings).toEqual([]);
    expect(judged).toMatchObject({ sections: 0, undescribed: ['globalstate'] });
  });
});

describe('arm64 registers travel by their ids', () => {
  /** KVM's ids: CNTPCT_EL0's counter, which KVM offers since 6.4, and TCR_EL1. */
  const registers = (...pairs: (readonly [id: bigint, value: bigint])[]): QemuStream =>
    stream(
      'arm64',
      section(
        'cpu',
        state('cpu', [
          ...pairs.map(([id], index) => field('cpreg_vmstate_indexes', id, index)),
          ...pairs.map(([, value], index) => field('cpreg_vmstate_values', value, index)),
        ]),
      ),
    );
  const CNTPCT = 0x603000000013df01n;
  const TCR = 0x603000000013c102n;

  test('one that the destination does not list ends the load', async () => {
    const of = registers([TCR, 1n], [CNTPCT, 0x1234n]);
    const old = verdict(of, await surfaceOf('arm64/max/debian-6.1'), '10.0');
    expect(old.findings).toEqual([
      expect.objectContaining({ level: 'refused', word: 'reg/CNTPCT_EL0', value: 0x1234n, subsection: null }),
    ]);
    expect(verdict(of, await surfaceOf('arm64/max/debian-6.12'), '10.0').findings).toEqual([]);
  });

  // ID_AA64ISAR1_EL1 of this kernel as KVM gives it without pointer authentication, and with: then with APIAKEYLO_EL1.
  const WITHOUT = registers([0x603000000013c031n, 0x11211100211002n]);
  const WITH = registers([0x603000000013c031n, 0x11211110211502n], [0x603000000013c108n, 1n]);

  test('an ID register of a guest without pointer authentication asks for a vCPU without it', async () => {
    const { level, findings } = verdict(WITHOUT, await surfaceOf('arm64/max/debian-5.10'), '7.2');
    expect(level).toBe('selectable');
    expect(findings[0]?.text).toContain('the destination has to be started with those that the guest had');
  });

  test('QEMU 5.2 gives no guest pointer authentication: it takes the one and refuses the other', async () => {
    const surface = await surfaceOf('arm64/max/debian-5.10');
    expect(verdict(WITHOUT, surface, '5.2')).toMatchObject({ level: 'same', findings: [] });
    const { level, findings } = verdict(WITH, surface, '5.2');
    expect(level).toBe('refused');
    expect(findings[0]?.word).toBe('reg/APIAKEYLO_EL1');
    expect(verdict(WITH, surface, '7.2')).toMatchObject({ level: 'same', findings: [] });
  });
});

test('a machine type that the older QEMU does not have is refused before anything else', async () => {
  const surface = await surfaceOf('x86_64/max/debian-6.12');
  const profile = profileOf('qemu:5.2');
  const judge = (machines: readonly string[]): StreamVerdict => {
    const program = { ...programOf('5.2', 'x86_64'), machines };
    const judged = judgeStream(stream('x86_64'), { surface, profile, program });
    if (!judged.ok) throw new Error(judged.error.message);
    return judged.value;
  };
  expect(levels(judge(['pc-q35-5.2']).findings)).toEqual(['refused machine-unknown']);
  expect(judge(['pc-q35-5.2', 'pc-q35-7.2']).findings).toEqual([]);
});

test('a stream of another architecture, or of none that it shows, is an error', async () => {
  const surface = await surfaceOf('x86_64/max/debian-6.12');
  const destination = { surface, profile: profileOf('qemu:10.0'), program: programOf('10.0', 'x86_64') };
  expect(judgeStream(stream('arm64'), destination)).toMatchObject({ ok: false, error: { code: 'architecture' } });
  expect(judgeStream(stream(null), destination)).toMatchObject({ ok: false, error: { code: 'no-architecture' } });
});
