/** `fence`: from which (kernel, VMM) pair on a contract can be selected, and up to which there is a way back. */
import { object } from '@optique/core/constructs';
import { message } from '@optique/core/message';
import { map, multiple, optional } from '@optique/core/modifiers';
import { argument, flag } from '@optique/core/primitives';
import { FENCE_FORMAT, fenceSchema } from '../../format/index.ts';
import type { FenceDocument } from '../../format/index.ts';
import { define } from '../command.ts';
import type { Command, Task } from '../command.ts';
import { documentText } from '../emit.ts';
import { exitOf } from '../exit.ts';
import { byRelease, upgradeOf, upgradeText, worstOfUpgrade } from '../fence.ts';
import type { Upgrade } from '../fence.ts';
import { fingerprinted, load, loadSurfaces } from '../input.ts';
import { departure } from '../move.ts';
import { outputOption, surfaceName, vcpuOption } from '../operands.ts';
import { vmmOptions, vmmProfile } from '../vmm.ts';

export const fence: Command = define(
  'fence',
  map(
    object({
      contract: argument(surfaceName('CONTRACT'), {
        description: message`A contract, or a surface, whose default contract is then pinned`,
      }),
      surfaces: multiple(
        argument(surfaceName('SURFACE'), { description: message`The hosts of the upgrade, from old to new` }),
        { min: 1 },
      ),
      vmms: vmmOptions(),
      sort: optional(flag('--sort', { description: message`Put the surfaces in order of their kernel releases` })),
      vcpu: vcpuOption(),
      output: outputOption(),
    }),
    (options): Task =>
      async (terminal) => {
        const named = await load(options.contract, terminal);
        if (!named.ok) return named.error;
        const loaded = await loadSurfaces(options.surfaces, terminal);
        if (!loaded.ok) return loaded.error;
        const vmms = await Promise.all(options.vmms.map(vmmProfile));
        // The contract of a surface is that of a guest which was started there, under the VMM that was first.
        const leaves = departure(named.value, options.vcpu, vmms[0]);
        if (!leaves.ok) return leaves.error;
        const surfaces = options.sort === true ? byRelease(loaded.value) : loaded.value;
        const upgrade = upgradeOf(leaves.value.contract, surfaces, vmms);
        if (!upgrade.ok) return upgrade.error;
        terminal.out(options.output === 'json' ? fenceJson(upgrade.value) : upgradeText(terminal, upgrade.value));
        return exitOf(worstOfUpgrade(upgrade.value));
      },
  ),
  {
    brief: 'Say from which (kernel, VMM) pair on a contract can be selected, and where the way back ends',
    description:
      'Each kernel is crossed with each --vmm, both from old to new. State that a VMM never saves is no part of a fence; it is named. Ends with the exit code of the worst level: of the contract on every step, and of every way back between steps that it can be on.',
    examples: [
      'evenkeel fence web.contract.json node-old.json node-new.json',
      'evenkeel fence arm64/max/debian-6.1 arm64/max/debian-{6.1,6.12,7.2} --vmm qemu:10.0 --vmm qemu:11.1',
      'evenkeel fence x86_64/max/debian-6.1 x86_64/max/debian-{7.2,6.1,6.12} --sort -o json',
    ],
  },
);

function fenceJson({ contract, surfaces, found, home }: Upgrade): string {
  const document: FenceDocument = {
    format: FENCE_FORMAT,
    architecture: contract.architecture,
    contract: contract.name,
    surfaces: surfaces.map(fingerprinted),
    steps: found.steps.map(({ pair, level: own, there, back }) => ({
      surface: pair.kernel,
      vmm: pair.vmm?.name ?? null,
      level: own,
      there,
      back: back.map(({ to, level, verdict: { counts, reasons, caveats } }) => ({
        to,
        level,
        counts,
        worst: reasons.filter((reason) => reason.level === level).map(({ element }) => element),
        caveats,
      })),
    })),
    home,
    fence: found.fence,
    wayBack: found.wayBack,
  };
  return documentText(fenceSchema.encode(document));
}
