/** A program's name stands for one element: `explain` and a VMM's command line could mean but one. */
import { everyElement } from '../subject.ts';
import type { Linter } from '../subject.ts';

/** Names that a program gives to several bits, and why that is right. */
const TOGETHER: Readonly<Record<string, string>> = {
  'qemu pauth': 'one property switches both algorithms of pointer authentication',
  'libvirt pauth': 'as in QEMU',
  'linux paca': 'whichever of three algorithms authenticates addresses',
  'linux pacg': 'whichever of three algorithms authenticates generically',
  'qemu kvmclock': 'one property switches both pairs of MSRs of the clock',
  'qemu vmx-invept-single-context':
    'feature_word_info of QEMU has the name of the INVEPT bit at the INVVPID bit too (target/i386/cpu.c)',
};

export const aliasOfTwo: Linter = {
  name: 'alias-of-two',
  holds: "no program's name stands for two elements",
  find: (subject) => {
    const owner = new Map<string, string>();
    return everyElement(subject).flatMap((element) =>
      Object.entries(subject.facts(element).aliases).flatMap(([program, name]) => {
        const key = `${program} ${name}`;
        const first = owner.get(key) ?? element.path;
        owner.set(key, first);
        if (first === element.path || Object.hasOwn(TOGETHER, key)) return [];
        return [{ where: element.path, message: `${program} calls it ${name}, and ${first} too` }];
      }),
    );
  },
};
