/** The hook as a real libvirtd calls it. */
import { appendFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { installHook } from '../../../src/interop/libvirt-hook/index.ts';
import type { Settings } from '../../../src/interop/libvirt-hook/index.ts';
import type { Level } from '../../../src/model/index.ts';
import { startLibvirtd, whyNoLibvirtd } from '../libvirt/libvirtd.ts';
import type { Libvirtd } from '../libvirt/libvirtd.ts';
import { answersHere } from './answers.ts';

const WHY_NOT = whyNoLibvirtd();
if (WHY_NOT !== null && process.env['EVENKEEL_LAB_REQUIRED'] === '1') throw new Error(WHY_NOT);

/** Without a disk, and emulated: the hook is what is tried. */
const xmlOf = (name: string): string =>
  `<domain type='qemu'><name>${name}</name><memory unit='MiB'>32</memory><vcpu>1</vcpu>
  <os><type arch='x86_64' machine='pc'>hvm</type></os>
  <devices><emulator>/usr/bin/qemu-system-x86_64</emulator><memballoon model='none'/></devices></domain>`;

describe.skipIf(WHY_NOT !== null)(
  `the hook in a real libvirtd${WHY_NOT === null ? '' : `: skipped, ${WHY_NOT}`}`,
  () => {
    let root: string;
    let source: Libvirtd;
    let destination: Libvirtd;

    const directory = (host: 'source' | 'destination'): string => join(root, host);
    const install = (etc: string, host: 'source' | 'destination', settings: Partial<Settings> = {}): void => {
      const installed = installHook(join(etc, 'hooks'), { directory: directory(host), deadline: 60, ...settings });
      if (!installed.ok) throw new Error(installed.error);
    };
    /** What the hosts' caches say of the guests from now on. */
    const say = (levels: Readonly<Record<string, Level>>, host: 'source' | 'destination' = 'source'): void => {
      writeFileSync(join(directory(host), 'answers.json'), JSON.stringify(answersHere(levels)));
    };
    const virsh = (...words: readonly string[]): string => {
      const { status, stdout, stderr } = source.virsh(...words);
      expect(status, `virsh ${words.join(' ')}: ${stderr}`).toBe(0);
      return stdout.trim();
    };
    const state = (guest: string): string => virsh('domstate', guest);
    const define = (guest: string): void => {
      const file = join(root, `${guest}.xml`);
      writeFileSync(file, xmlOf(guest));
      virsh('define', file);
    };
    /** libvirt's process of the guest, which is another one after a new start. */
    const qemu = (libvirtd: Libvirtd, guest: string): string =>
      readFileSync(join(libvirtd.etc, `../run/qemu/${guest}.pid`), 'utf8').trim();

    beforeAll(async () => {
      root = mkdtempSync(join(tmpdir(), 'evenkeel-hook-libvirtd-'));
      mkdirSync(directory('source'));
      mkdirSync(directory('destination'));
      source = await startLibvirtd({ prepare: (etc) => install(etc, 'source') });
      destination = await startLibvirtd({
        prepare: (etc) => {
          install(etc, 'destination');
          // Two libvirtds of one machine would else be one host, to which no guest migrates.
          appendFileSync(join(etc, 'libvirtd.conf'), 'host_uuid = "11111111-2222-3333-4444-555555555555"\n');
        },
      });
      for (const guest of ['good', 'bad', 'mover']) define(guest);
    }, 60_000);
    afterEach(() => {
      for (const guest of ['good', 'bad', 'mover']) source.virsh('destroy', guest);
      install(source.etc, 'source', { onFailure: 'open' });
    });
    afterAll(async () => {
      await source.stop();
      await destination.stop();
      rmSync(root, { recursive: true, force: true });
    });

    test('a guest whose contract holds starts', () => {
      say({ good: 'same' });
      virsh('start', 'good');
      expect(state('good')).toBe('running');
    });

    test("a guest whose contract does not hold is not started; virsh and libvirtd's log give the reason", async () => {
      say({ bad: 'silent' });
      const { status, stderr } = source.virsh('start', 'bad');
      expect(status).toBe(1);
      expect(stderr).toContain('Hook script execution failed');
      expect(stderr).toContain(
        'evenkeel: guest bad: on this host its contract guests/bad.contract.json comes out as silent',
      );
      expect(state('bad')).toBe('shut off');
      await sleep(200);
      expect(source.messages()).toContain('evenkeel: guest bad: on this host its contract');
    });

    test('a guest that was saved is not restored where its contract does not hold, and its image is still there for a host where it does', () => {
      const image = join(root, 'good.save');
      say({ good: 'same' });
      virsh('start', 'good');
      virsh('save', 'good', image);
      say({ good: 'lost' });
      const refused = source.virsh('restore', image);
      expect(refused.status).toBe(1);
      expect(refused.stderr).toContain('prepare begin');
      expect(refused.stderr).toContain('comes out as lost');
      expect(existsSync(image)).toBe(true);
      say({ good: 'same' });
      virsh('restore', image);
      expect(state('good')).toBe('running');
    });

    test('the same of a managed save: the guest neither starts from it nor anew without it', () => {
      say({ good: 'same' });
      virsh('start', 'good');
      virsh('managedsave', 'good');
      say({ good: 'refused' });
      const refused = source.virsh('start', 'good');
      expect(refused.status).toBe(1);
      expect(refused.stderr).toContain('prepare begin');
      expect(virsh('dominfo', 'good')).toMatch(/Managed save:\s+yes/);
      expect(state('good')).toBe('shut off');
      say({ good: 'selectable' });
      virsh('start', 'good');
      expect(state('good')).toBe('running');
      expect(virsh('dominfo', 'good')).toMatch(/Managed save:\s+no/);
    });

    test.each<[what: string, prepare: () => void]>([
      ['a contract that no longer holds', () => say({ good: 'silent' })],
      [
        'a cache that cannot be read, closed on failure',
        () => writeFileSync(join(directory('source'), 'answers.json'), '{'),
      ],
    ])('libvirtd restarted with a running guest and %s: the guest runs on', async (_, prepare) => {
      say({ good: 'same' });
      virsh('start', 'good');
      const before = qemu(source, 'good');
      prepare();
      install(source.etc, 'source', { onFailure: 'closed', withoutContract: 'veto' });
      await source.restart();
      expect(state('good')).toBe('running');
      expect(qemu(source, 'good')).toBe(before);
      // It was no hook that never vetoes.
      virsh('destroy', 'good');
      expect(source.virsh('start', 'good').status).toBe(1);
    });

    test('what the hook keeps from happening: one that fails at reconnect has libvirtd kill the guest', async () => {
      say({ good: 'same' });
      virsh('start', 'good');
      const other = join(source.etc, 'hooks/qemu.d/other');
      writeFileSync(other, '#!/bin/sh\n[ "$2" != reconnect ]\n', { mode: 0o755 });
      try {
        await source.restart();
        // It reconnects in a thread of its own, after it answers.
        for (let tries = 0; state('good') === 'running' && tries < 50; tries++) await sleep(100);
        expect(state('good')).toBe('shut off');
      } finally {
        rmSync(other);
      }
    });

    test('a cache that cannot be read keeps guests from starting only where closed is configured', () => {
      writeFileSync(join(directory('source'), 'answers.json'), '{"format": "evenkeel.lib');
      virsh('start', 'good');
      virsh('destroy', 'good');
      install(source.etc, 'source', { onFailure: 'closed' });
      const { status, stderr } = source.virsh('start', 'good');
      expect(status).toBe(1);
      expect(stderr).toContain('the answers are damaged');
    });

    test('the destination of a live migration vetoes it before anything moves, and the guest runs on at the source', () => {
      say({ mover: 'same' });
      say({ mover: 'silent' }, 'destination');
      virsh('start', 'mover');
      const before = qemu(source, 'mover');
      const words = ['migrate', 'mover', destination.uri, '--live', '--migrateuri', 'tcp://127.0.0.1'];
      const refused = source.virsh(...words);
      expect(refused.status).toBe(1);
      expect(refused.stderr).toContain('mover migrate begin');
      expect(refused.stderr).toContain('comes out as silent');
      expect(state('mover')).toBe('running');
      expect(qemu(source, 'mover')).toBe(before);
      expect(destination.virsh('domstate', 'mover').status).toBe(1);
      say({ mover: 'same' }, 'destination');
      const description = withoutHost(virsh('dumpxml', 'mover', '--migratable'));
      virsh(...words);
      expect(destination.virsh('domstate', 'mover').stdout.trim()).toBe('running');
      // An empty standard output leaves the description as it was, and the domain without the mark of a changing hook.
      expect(withoutHost(destination.virsh('dumpxml', 'mover', '--migratable').stdout.trim())).toBe(description);
      expect(destination.messages()).not.toContain('hook-script');
      destination.virsh('destroy', 'mover');
    });

    test('installed after libvirtd was started, it counts from a reload on', async () => {
      const fresh = await startLibvirtd();
      try {
        say({ good: 'silent' });
        const file = join(root, 'good.xml');
        const start = (): number | null => fresh.virsh('create', file).status;
        expect(start()).toBe(0);
        fresh.virsh('destroy', 'good');
        install(fresh.etc, 'source');
        expect(start()).toBe(0);
        fresh.virsh('destroy', 'good');
        fresh.reload();
        await sleep(1_000);
        expect(start()).toBe(1);
      } finally {
        await fresh.stop();
      }
    });
  },
);

/** A running domain's number differs from host to host. */
function withoutHost(xml: string): string {
  return xml.replace(/ id='\d+'/, '');
}
