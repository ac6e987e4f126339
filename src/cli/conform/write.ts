/** A report to where the person wants it, in the form that was asked for. */
import { message } from '@optique/core/message';
import { withDefault } from '@optique/core/modifiers';
import type { Parser } from '@optique/core/parser';
import { option } from '@optique/core/primitives';
import { choice } from '@optique/core/valueparser';
import { CONFORMANCE_FORMAT, conformanceSchema } from '../../format/index.ts';
import { documentText, emit } from '../emit.ts';
import type { ExitCode, Failure } from '../exit.ts';
import { fingerprinted } from '../input.ts';
import type { NamedSurface } from '../input.ts';
import { writeOption } from '../operands.ts';
import type { Terminal } from '../terminal.ts';
import { conformJunit } from './junit.ts';
import { conformMarkdown } from './markdown.ts';
import { exitOfReport } from './report.ts';
import type { Report } from './report.ts';
import { conformText } from './text.ts';

const FORMS = ['table', 'json', 'markdown', 'junit'] as const;
type Form = (typeof FORMS)[number];

export function conformOutput(): Parser<'sync', Form, unknown> {
  return withDefault(
    option('-o', '--output', choice(FORMS), {
      description: message`table for people (default), json, markdown, or junit for CI`,
    }),
    'table',
  );
}

export function conformOptions(): {
  readonly all: Parser<'sync', boolean, unknown>;
  readonly write: Parser<'sync', string | undefined, unknown>;
} {
  return {
    all: option('-a', '--all', { description: message`Show the changes that keep every clause too` }),
    write: writeOption(),
  };
}

export function writeReport(
  terminal: Terminal,
  report: Report,
  options: { readonly output: Form; readonly all: boolean; readonly write: string | undefined },
): ExitCode | Failure {
  return emit(terminal, textOf(terminal, report, options.output, options.all), options.write) ?? exitOfReport(report);
}

function textOf(terminal: Terminal, report: Report, form: Form, all: boolean): string {
  switch (form) {
    case 'table':
      return conformText(terminal, report, all);
    case 'json':
      return reportJson(report);
    case 'markdown':
      return conformMarkdown(report, { depth: 1, counted: all ? [] : ['Kept'] });
    case 'junit':
      return conformJunit(report);
  }
}

function reportJson({ from, to, conformance, checklist, reproduce }: Report): string {
  const named = (side: NamedSurface): { name: string; fingerprint: string; kernel: string | null } => ({
    ...fingerprinted(side),
    kernel: side.surface.host?.kernelRelease ?? null,
  });
  const document = conformanceSchema.encode({
    format: CONFORMANCE_FORMAT,
    architecture: from.surface.architecture,
    from: named(from),
    to: named(to),
    reproduce,
    checklist,
    ...conformance,
  });
  return documentText(document);
}
