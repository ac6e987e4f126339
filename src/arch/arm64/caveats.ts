/** Where what a host declares writable and what it was seen to take disagree, and other things that lower its word. */
import { extract, fieldMask, fromHex, isHex } from '../../model/index.ts';
import type { Surface } from '../../model/index.ts';
import { registerFields } from './fields.ts';
import { groupOf, GROUP, isIdRegister } from './ids.ts';
import { registerName, widthOf } from './names.ts';
import { dataOf, idTrial } from './read-sections.ts';
import type { FieldTrial, GicSection, IdRegistersSection, IdRegisterTrial, VcpusSection } from './sections.ts';

export function caveatsOf(surface: Surface): readonly string[] {
  const trials = dataOf<IdRegistersSection>(surface, 'id-registers');
  const vcpus = dataOf<VcpusSection>(surface, 'vcpus');
  return [
    ...(vcpus !== null && vcpus.vgic !== 'v3' ? [`vCPUs were recorded without a vGICv3 (${vcpus.vgic})`] : []),
    ...(trials === null
      ? []
      : [...declaredOtherwise(trials), ...acceptedInVain(trials), ...notTogether(trials), ...rawCacheType(trials)]),
    ...gicCaveats(surface),
  ];
}

/** Fields that the writable masks promise and no write changed, and the reverse. */
function declaredOtherwise(section: IdRegistersSection): readonly string[] {
  const { declared, registers } = section;
  if (!('masks' in declared)) return [];
  const masks = new Map(declared.masks);
  const deaf: string[] = [];
  const undeclared: string[] = [];
  for (const ordinary of registers) {
    const trial = idTrial(section, ordinary.id) ?? ordinary;
    // The masks speak of the feature ID space alone.
    if (!isIdRegister(BigInt(trial.id)) || groupOf(BigInt(trial.id)) !== GROUP.sysreg) continue;
    const text = masks.get(trial.id) ?? '0x0';
    if (!isHex(trial.value) || !isHex(text)) continue;
    const [mask, value] = [fromHex(text), fromHex(trial.value)];
    const id = BigInt(trial.id);
    for (const field of registerFields(id, widthOf(id))) {
      const within = mask & fieldMask(field);
      const took = (fieldOf(trial, field)?.taken.length ?? 0) > 0;
      const name = `${registerName(id)}.${field.name}`;
      // An unsigned field at 0 has nothing below it: that nothing was taken says nothing.
      if (!took && within === fieldMask(field) && extract(field, value) !== 0n) deaf.push(name);
      if (took && within === 0n) undeclared.push(name);
    }
  }
  return [
    ...(deaf.length > 0 ? [`declared writable, but no other value was taken: ${deaf.join(', ')}`] : []),
    ...(undeclared.length > 0 ? [`not declared writable, but other values were taken: ${undeclared.join(', ')}`] : []),
  ];
}

function fieldOf(trial: IdRegisterTrial, field: { readonly shift: number }): FieldTrial | undefined {
  return trial.fields.find(({ shift }) => shift === field.shift);
}

function acceptedInVain({ registers }: IdRegistersSection): readonly string[] {
  const names = registers.flatMap((trial) =>
    (isIdRegister(BigInt(trial.id)) ? trial.fields : [])
      .filter(({ ignored, changed }) => ignored !== undefined || changed !== undefined)
      .map((field) => {
        const id = BigInt(trial.id);
        const name = registerFields(id, widthOf(id)).find(({ shift }) => shift === field.shift)?.name;
        return `${registerName(id)}.${name ?? field.shift}`;
      }),
  );
  return names.length > 0 ? [`writes are accepted and do not take: ${names.join(', ')}`] : [];
}

/** Settings are made field by field; where KVM takes fields alone and not at once, that is not a promise. */
function notTogether({ registers }: IdRegistersSection): readonly string[] {
  const names = registers
    .filter(({ together }) => together !== undefined && together.outcome !== 'taken')
    .map(({ id }) => registerName(BigInt(id)));
  return names.length > 0 ? [`fields were taken one by one, but not all at once: ${names.join(', ')}`] : [];
}

/**
 * Kernels that do not let CTR_EL0 be written answer KVM_GET_ONE_REG with the host's register, and the guest's read with
 * the value that the kernel made of all CPUs' registers (get_invariant_sys_reg and access_ctr up to 6.1).
 */
function rawCacheType({ registers }: IdRegistersSection): readonly string[] {
  const trial = registers.find(({ id }) => registerName(BigInt(id)) === 'CTR_EL0');
  const writable = trial?.fields.some(({ taken }) => taken.length > 0) ?? true;
  return writable ? [] : ['CTR_EL0 cannot be set here, and a guest may read another value than KVM_GET_ONE_REG gives'];
}

/** GICD_IIDR and GITS_IIDR choose behaviour by Revision; GICR_IIDR is read-only, its writes are ignored by design. */
function gicCaveats(surface: Surface): readonly string[] {
  const REVISION = 0xf000n;
  const ofRevision = (wrote: string, reads: string): boolean =>
    isHex(wrote) && isHex(reads) && ((fromHex(wrote) ^ fromHex(reads)) & ~REVISION) === 0n;
  const names = (['vgic-v3', 'its', 'vgic-v2'] as const).flatMap((section) =>
    (dataOf<GicSection>(surface, section)?.registers ?? [])
      .filter(({ name }) => name === 'GICD_IIDR' || name === 'GITS_IIDR')
      .filter(({ after, trials, trialsBefore }) =>
        [...trialsBefore, ...trials].some(({ wrote, outcome }) => outcome === 'ignored' && ofRevision(wrote, after)),
      )
      .map(({ name }) => name),
  );
  return names.length > 0 ? [`a write of another revision is accepted and has no effect: ${names.join(', ')}`] : [];
}
