/** `surface show`: what a surface says, from its provenance down to single elements. */
import { object } from '@optique/core/constructs';
import { message } from '@optique/core/message';
import { map, multiple } from '@optique/core/modifiers';
import { argument } from '@optique/core/primitives';
import { string } from '@optique/core/valueparser';
import { canonicalSections, measure, registryFor } from '../../arch/index.ts';
import { isKnown } from '../../engine/index.ts';
import { fingerprint, surfaceText } from '../../format/index.ts';
import { extract, hex } from '../../model/index.ts';
import type { MeasuredSurface, Registry, Section, Surface, WordLatitude } from '../../model/index.ts';
import { define } from '../command.ts';
import type { Command, Task } from '../command.ts';
import { describeCpu } from '../describe.ts';
import { EXIT } from '../exit.ts';
import { loadSurface } from '../input.ts';
import { outputOption, surfaceName, vcpuOption } from '../operands.ts';
import { measureOptions } from '../pin.ts';
import { table } from '../table.ts';
import type { Terminal } from '../terminal.ts';

export const surfaceShow: Command = define(
  'show',
  map(
    object({
      name: argument(surfaceName('SURFACE'), { description: message`A file, "host", or a recorded surface` }),
      paths: multiple(argument(string({ metavar: 'ELEMENT' }), { description: message`Only elements that begin so` })),
      vcpu: vcpuOption(),
      output: outputOption(),
    }),
    ({ name, paths, vcpu, output }): Task =>
      async (terminal) => {
        const loaded = await loadSurface(name, terminal);
        if (!loaded.ok) return loaded.error;
        const { surface } = loaded.value;
        if (fingerprint(surface, canonicalSections) !== surface.fingerprint) {
          terminal.note(
            `${name}: the fingerprint is not that of the content; the file was edited, or recorded by another version`,
          );
        }
        if (output === 'json') {
          terminal.out(surfaceText(surface));
          return EXIT.ok;
        }
        const measured = measure(surface, measureOptions(vcpu === undefined ? {} : { vcpu }));
        const registry = registryFor(surface.architecture);
        if (paths.length === 0) terminal.out(overview(terminal, surface, measured, registry));
        else terminal.out(elementsText(terminal, measured, registry, paths));
        return EXIT.ok;
      },
  ),
  {
    brief: 'Show what a surface says',
    description:
      'Without ELEMENT an overview; with it every element whose path begins so, its default and its latitude.',
    examples: [
      'evenkeel surface show host',
      'evenkeel surface show x86_64/max/debian-6.12 cpuid/0x7:0',
      'evenkeel surface show arm64/max/debian-6.12 reg/ID_AA64PFR0_EL1',
    ],
  },
);

function overview(terminal: Terminal, surface: Surface, measured: MeasuredSurface, registry: Registry): string {
  const { host, recorded } = surface;
  const facts: (readonly [string, string])[] = [
    ['Architecture', surface.architecture],
    ['Kernel', host === null ? 'unknown' : `${host.kernelRelease}  ${host.kernelVersion}`],
    ['CPU', host === null ? 'unknown' : describeCpu(host.cpu)],
    ['Microcode', host?.cpu.microcode ?? 'unknown'],
    ['Modules', host?.modules.map(({ name }) => name).join(', ') ?? 'unknown'],
    ['Recorded', [recorded.at ?? 'at an unknown time', `by ${recorded.by}`, `(${recorded.method})`].join(' ')],
    ...Object.entries(recorded.environment),
    ['Fingerprint', surface.fingerprint],
  ];
  const areas = [...measured.areas.values()].map((area) => {
    const words = [...measured.words.values()].filter((word) => registry.area(word.path) === area.name);
    return [area.name, area.measured ? 'measured' : 'unknown', String(words.length), area.evidence];
  });
  return [
    table([{ title: '' }, { title: '', flexible: true }], facts, { width: terminal.width, bare: true }),
    measured.caveats.map((caveat) => `\nCaution: ${caveat}\n`).join(''),
    '\n',
    table([{ title: 'SECTION' }, { title: 'OUTCOME' }, { title: 'DETAIL', flexible: true }], sectionRows(surface), {
      width: terminal.width,
    }),
    '\n',
    table(
      [
        { title: 'AREA' },
        { title: 'MEASURED' },
        { title: 'WORDS', align: 'right' },
        { title: 'EVIDENCE', flexible: true },
      ],
      areas,
      { width: terminal.width },
    ),
  ].join('');
}

function sectionRows(surface: Surface): string[][] {
  return Object.entries(surface.sections).map(([name, section]) => [name, section.outcome, sectionDetail(section)]);
}

function sectionDetail(section: Section): string {
  switch (section.outcome) {
    case 'measured':
      return '';
    case 'absent':
      return section.reason;
    case 'failed':
      return `${section.call}(${section.detail}): ${section.errno} (${section.meaning})`;
    case 'deadline':
      return `ended after ${section.milliseconds} ms while it was at: ${section.during}`;
    case 'crashed':
      return `${section.reason}, while it was at: ${section.during}`;
  }
}

function elementsText(
  terminal: Terminal,
  measured: MeasuredSurface,
  registry: Registry,
  prefixes: readonly string[],
): string {
  const rows = [...measured.words.values()].flatMap((word) =>
    registry
      .elements(word.path, word.width)
      .filter(({ path }) => prefixes.some((prefix) => path.startsWith(prefix)))
      .map((element) => [
        element.path,
        word.value === null || !isKnown(element, word) ? '?' : hex(extract(element, word.value)),
        element.kind,
        latitudeText(word.latitude),
        element.description,
      ]),
  );
  if (rows.length === 0) return `No element begins with ${prefixes.join(' or ')}.\n`;
  const columns = [
    { title: 'ELEMENT' },
    { title: 'DEFAULT', align: 'right' as const },
    { title: 'KIND' },
    { title: 'LATITUDE OF ITS WORD' },
    { title: 'DESCRIPTION', flexible: true },
  ];
  return table(columns, rows, { width: terminal.width });
}

function latitudeText(latitude: WordLatitude): string {
  switch (latitude.kind) {
    case 'fixed':
      return 'fixed';
    case 'bits':
      return `may clear ${hex(latitude.clearable)}, set ${hex(latitude.settable)}`;
    case 'fields':
      return latitude.fields
        .map(({ shift, values }) => `[${shift}]: ${values.map((value) => hex(value)).join(' ')}`)
        .join('; ');
    case 'values':
      return latitude.values.map((value) => hex(value)).join(' ');
    case 'range':
      return latitude.min === latitude.max ? 'fixed' : `${hex(latitude.min)} to ${hex(latitude.max)}`;
    case 'free':
      return 'any';
    case 'unknown':
      return `unknown: ${latitude.why}`;
  }
}
