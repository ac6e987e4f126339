/** docs/elements says what the tables say. */
import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { elementPages } from '../../scripts/generate/elements.ts';
import { catalogueFor } from '../../src/arch/catalogue.ts';
import { registryFor } from '../../src/arch/index.ts';

const directory = fileURLToPath(new URL('../../docs/elements/', import.meta.url));

describe('docs/elements', () => {
  const pages = elementPages();

  it('has the generated pages and no other', () => {
    expect(globSync('**/*.md', { cwd: directory }).sort()).toEqual(pages.map(({ path }) => path).sort());
  });

  it.each(pages.map((page) => [page.path, page.text]))(
    '%s is what node scripts/generate/elements.ts writes',
    (path, text) => expect(readFileSync(directory + path, 'utf8')).toBe(text),
  );

  it('names every element that a table names', () => {
    const text = pages.map((page) => page.text).join('\n');
    const missing = (['x86_64', 'arm64'] as const).flatMap((architecture) =>
      catalogueFor(architecture)
        .words()
        .filter(({ path, width }) =>
          registryFor(architecture)
            .elements(path, width)
            .some(({ named }) => named),
        )
        .map(({ path }) => path)
        .filter((path) => !text.includes(path)),
    );
    expect(missing).toEqual([]);
  });

  it('no page breaks its tables: each row has as many cells as its head', () => {
    const cells = (line: string): number => (line.startsWith('|') ? line.replaceAll('\\|', '').split('|').length : 0);
    const broken = pages.flatMap(({ path, text }) => {
      const lines = text.split('\n');
      return lines
        .filter((line, at) => {
          const before = cells(lines[at - 1] ?? '');
          return before > 0 && cells(line) > 0 && cells(line) !== before;
        })
        .map((line) => `${path}: ${line}`);
    });
    expect(broken).toEqual([]);
  });
});
