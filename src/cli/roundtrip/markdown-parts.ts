/** Pieces of Markdown for pages that are made of data. Pure. */
export function rows(head: readonly string[], lines: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |\n`;
  return `${line(head)}${line(head.map(() => '---'))}${lines.map(line).join('')}`;
}

export function code(text: string): string {
  return `\`${text}\``;
}

/** What Markdown would take for its own, within a cell. */
export function escape(text: string): string {
  return text
    .replaceAll('|', '\\|')
    .replaceAll('<', '&lt;')
    .replaceAll('_', '\\_')
    .replaceAll('*', '\\*')
    .replaceAll('\n', ' ');
}
