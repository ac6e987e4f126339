import { describe, expect, test } from 'vitest';
import { importFaults, importsOf } from '../../scripts/imports.ts';

function faults(files: Readonly<Record<string, string>>): string[] {
  return importFaults(new Map(Object.entries(files)));
}

describe('import directions', () => {
  test('sees every way to import', () => {
    const text = [
      "import './a.ts';",
      "import b from './b.ts';",
      "import {\n  c,\n  d,\n} from './c.ts';",
      "import type { E } from './e.ts';",
      "export * from './f.ts';",
      "export type { G } from './g.ts';",
      "const h = await import('./h.ts');",
      "const text = 'not from here';",
    ].join('\n');
    expect(importsOf('x.ts', text).map(({ specifier, typeOnly }) => [specifier, typeOnly])).toEqual([
      ['./a.ts', false],
      ['./b.ts', false],
      ['./c.ts', false],
      ['./e.ts', true],
      ['./f.ts', false],
      ['./g.ts', true],
      ['./h.ts', false],
    ]);
  });

  test('lets a folder import from itself and from those before it', () => {
    expect(faults({ 'engine/a.ts': "import { x } from './b.ts';\nimport { y } from '../model/index.ts';" })).toEqual(
      [],
    );
  });

  test('refuses a folder that imports from a later one, types too', () => {
    expect(faults({ 'model/a.ts': "import type { X } from '../engine/index.ts';" })).toHaveLength(1);
    expect(faults({ 'probe/a.ts': "import { x } from '../cli/main.ts';" })).toHaveLength(1);
  });

  test('refuses I/O in pure folders, packages where they do not belong, unknown folders, files outside', () => {
    expect(faults({ 'engine/a.ts': "import { readFileSync } from 'node:fs';" })).toHaveLength(1);
    expect(faults({ 'model/a.ts': "import { z } from 'zod';" })).toHaveLength(1);
    expect(faults({ 'cli/a.ts': "import { x } from 'left-pad';" })).toHaveLength(1);
    expect(faults({ 'utilities/a.ts': "import { x } from './b.ts';" })).toHaveLength(1);
    expect(faults({ 'cli/a.ts': "import { x } from '../../test/b.ts';" })).toHaveLength(1);
  });

  test('refuses a worker that loads a validation library by way of others, but not its types', () => {
    const files = {
      'worker/worker.ts': "import { a } from '../format/index.ts';",
      'format/index.ts': "export { a } from './deep.ts';",
      'format/deep.ts': "import { z } from 'zod';",
    };
    expect(faults(files)).toEqual([
      'worker/worker.ts: loads zod, by way of worker/worker.ts > format/index.ts > format/deep.ts',
    ]);
    expect(faults({ ...files, 'format/index.ts': "export type { A } from './deep.ts';" })).toEqual([]);
  });
});
