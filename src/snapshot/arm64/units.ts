/**
 * Every unit of state of an arm64 machine, in the order in which they are restored: that of the rules in
 * `arch/ordering/arm64.ts`, unit by unit and within a unit vCPU by vCPU. A test holds this order against the rules.
 */
import type { GuestMachine } from '../../guest/machine.ts';
import type { Host } from '../../settings/index.ts';
import type { Unit } from '../unit.ts';
import {
  cpuInterface,
  distributor,
  itsControl,
  itsRegisters,
  itsTables,
  lineLevels,
  redistributor,
  revision,
} from './gic-units.ts';
import type { Gic } from './gic-units.ts';
import { Registers } from './registers.ts';
import { pmuIrq, stealTime, timerIrqs } from './vcpu-attributes.ts';
import { classUnit, counters, events, mpState } from './vcpu-units.ts';
import type { Arm64Vcpu } from './vcpu-units.ts';

/** Nothing is called: units read and write when they are asked to. */
export function arm64Units({ scratch }: Host, { vcpus, devices }: GuestMachine): readonly Unit[] {
  const all = vcpus.map(({ id, fd }): Arm64Vcpu => ({ id, fd, scratch, registers: new Registers(fd, scratch) }));
  const [first] = all;
  if (first === undefined) return [];
  const each = (unit: (vcpu: Arm64Vcpu) => Unit): Unit[] => all.map(unit);
  const registers = (of: Parameters<typeof classUnit>[2]): Unit[] =>
    each((vcpu) => classUnit(vcpu.id, vcpu.registers, of));
  const vgic = gicOf(devices.get('vgic-v3'), scratch);
  const its = gicOf(devices.get('its'), scratch);
  return [
    ...registers('vector-lengths'),
    ...registers('implementation'),
    ...registers('id'),
    ...registers('firmware'),
    ...(vgic === null ? [] : each(timerIrqs)),
    ...each(stealTime),
    ...(vgic === null ? [] : [revision(vgic)]),
    ...each(pmuIrq),
    ...registers('sve'),
    ...registers('core'),
    ...registers('state'),
    counters(first.registers),
    ...registers('timer'),
    ...each(({ id, fd }) => events(id, fd)),
    ...(vgic === null
      ? []
      : [
          distributor(vgic),
          ...each((vcpu) => redistributor(vgic, vcpu)),
          ...each((vcpu) => cpuInterface(vgic, vcpu)),
          ...each((vcpu) => lineLevels(vgic, vcpu)),
        ]),
    ...(its === null ? [] : [itsRegisters(its), itsTables(its), itsControl(its)]),
    ...each(({ id, fd }) => mpState(id, fd)),
  ];
}

export function gicOf(device: Gic['device'] | undefined, scratch: Gic['scratch']): Gic | null {
  return device === undefined ? null : { device, scratch };
}
