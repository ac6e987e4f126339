/** The targets of `contract export`: one option each names it. Only options are loaded here. */
import { or } from '@optique/core/constructs';
import type { Parser } from '@optique/core/parser';
import { firecrackerTarget } from './firecracker.ts';
import { kubevirtTarget } from './kubevirt.ts';
import { libvirtTarget } from './libvirt.ts';
import { openstackTarget } from './openstack.ts';
import { qemuTarget } from './qemu.ts';
import type { Target } from './target.ts';

export const exportTarget: Parser<'sync', Target, unknown> = or(
  qemuTarget,
  libvirtTarget,
  firecrackerTarget,
  kubevirtTarget,
  openstackTarget,
);
