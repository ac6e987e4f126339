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
    for (const architecture of ['x86_64', 'arm64'] as const) {
      for (const { path, width } of catalogueFor(architecture).words()) {
        const named = registryFor(architecture)
          .elements(path, width)
          .some((element) => element.named);
        if (named) expect(text.includes(path), path).toBe(true);
      }
    }
  });

  it('no page breaks its tables: each row has as many cells as its head', () => {
    for (const { path, text } of pages) {
      let cells = 0;
      for (const line of text.split('\n')) {
        const found = line.startsWith('|') ? line.replaceAll('\\|', '').split('|').length : 0;
        if (cells > 0 && found > 0) expect(found, `${path}: ${line}`).toBe(cells);
        cells = found;
      }
    }
  });
});
