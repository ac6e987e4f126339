/** Tables and files of docs/agreement. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';

export function table(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const line = (cells: readonly (string | number)[]): string =>
    `| ${cells.map((cell) => String(cell).replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

/** `a, b and 3 more`, or all of them. */
export function listed(names: readonly string[], limit: number = Number.POSITIVE_INFINITY): string {
  const shown = names.slice(0, limit);
  const more = names.length - shown.length;
  return more > 0 ? `${shown.join(', ')} and ${more} more` : shown.join(', ');
}

export function pagePath(name: string): string {
  return fileURLToPath(new URL(`../../docs/agreement/${name}`, import.meta.url));
}

/** As the repository formats Markdown, so that a check of the format finds nothing to change. */
export async function formatted(name: string, text: string): Promise<string> {
  return await format(text, { ...(await resolveConfig(pagePath(name))), parser: 'markdown' });
}

export async function writePage(name: string, text: string): Promise<string> {
  mkdirSync(dirname(pagePath(name)), { recursive: true });
  writeFileSync(pagePath(name), await formatted(name, text));
  return pagePath(name);
}
