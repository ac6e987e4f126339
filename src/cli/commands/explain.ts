/** `explain`: the page about one element or register that a person wants. */
import { createRequire } from 'node:module';
import { extname } from 'node:path';
import { object } from '@optique/core/constructs';
import { message } from '@optique/core/message';
import { map, optional } from '@optique/core/modifiers';
import { argument, option } from '@optique/core/primitives';
import { choice, string } from '@optique/core/valueparser';
import type { ValueParser } from '@optique/core/valueparser';
import { readDocument } from '../../format/index.ts';
import type { Architecture } from '../../model/index.ts';
import { define } from '../command.ts';
import type { Command, Task } from '../command.ts';
import { EXIT, failure } from '../exit.ts';
import { inputFailure } from '../input.ts';
import { outputOption } from '../operands.ts';
import { recordedNames } from '../recorded.ts';
import { documentText } from '../emit.ts';
import type { Failure } from '../exit.ts';
import type { Recording } from '../explain/page.ts';
import type { Target, completions } from '../explain/names.ts';

export const explain: Command = define(
  'explain',
  map(
    object({
      name: argument(elementName(), { description: message`A path, or what manuals and programs call it` }),
      arch: optional(
        option('--arch', choice(['x86_64', 'arm64']), { description: message`Where both architectures have it` }),
      ),
      output: outputOption(),
    }),
    ({ name, arch, output }): Task =>
      async (terminal) => {
        // Loaded when it is wanted: the tables are large, and other commands start without them.
        const [{ resolve, ARCHITECTURES }, { explanation }, { explanationText }, { explanationSchema }] =
          await Promise.all([
            import('../explain/names.ts'),
            import('../explain/page.ts'),
            import('../explain/text.ts'),
            import('../../format/index.ts'),
          ]);
        const found = resolve(name, arch === undefined ? ARCHITECTURES : [arch]);
        if (found.kind === 'unknown') return notKnown(name, found.near);
        if (found.kind === 'ambiguous') return ambiguous(name, found.candidates);
        const recordings = await recorded(found.target.architecture);
        if (!Array.isArray(recordings)) return recordings;
        const page = explanation(found.target, recordings, found.also);
        terminal.out(
          output === 'json' ? documentText(explanationSchema.encode(page)) : explanationText(terminal, page),
        );
        return EXIT.ok;
      },
  ),
  {
    brief: 'Explain a register or one of its fields',
    description:
      'What it is and how it compares, what a guest notices, on which recorded kernels it changed, and how KVM, QEMU, libvirt and Firecracker select it.',
    examples: [
      'evenkeel explain avx2',
      'evenkeel explain IA32_ARCH_CAPABILITIES',
      'evenkeel explain ID_AA64MMFR2_EL1.NV',
      'evenkeel explain KVM_X86_QUIRK_LINT0_REENABLED',
      'evenkeel explain vgic/v3/GICD_IIDR -o json',
    ],
  },
);

/**
 * Completed in shells. A suggestion has to be made at once, so the tables come by `require`, and only then: an import here
 * would have every command load them.
 */
function elementName(): ValueParser<'sync', string> {
  return {
    ...string({ metavar: 'ELEMENT' }),
    *suggest(prefix) {
      for (const text of namesModule().completions(prefix)) yield { kind: 'literal', text };
    },
  };
}

/** `.ts` in the sources, `.js` as published. */
function namesModule(): { readonly completions: typeof completions } {
  const path = `../explain/names${extname(import.meta.filename)}`;
  // What the module exports is what the type above was imported from.
  return createRequire(import.meta.url)(path) as { readonly completions: typeof completions };
}

async function recorded(architecture: Architecture): Promise<Recording[] | Failure> {
  const recordings: Recording[] = [];
  for (const { path, cpu, kernel } of recordedNames(architecture)) {
    const read = await readDocument(path);
    if (!read.ok) return inputFailure(read.error);
    if (read.value.kind === 'surface') recordings.push({ cpu, kernel, surface: read.value.surface });
  }
  return recordings;
}

function notKnown(name: string, near: readonly string[]): Failure {
  const advice =
    near.length === 0
      ? 'Paths are those of: evenkeel surface show x86_64/max/debian-7.3 cpuid/'
      : `Near to it: ${near.join(', ')}`;
  return failure(EXIT.usage, `${name}: nothing of that name is known`, advice);
}

function ambiguous(name: string, candidates: readonly Target[]): Failure {
  const several = new Set(candidates.map(({ architecture }) => architecture)).size > 1;
  const lines = candidates.map(({ architecture, path }) => (several ? `${path} (--arch ${architecture})` : path));
  return failure(EXIT.usage, `${name}: ${candidates.length} things have that name`, `One of: ${lines.join(', ')}`);
}
