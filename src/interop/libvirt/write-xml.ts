/** XML as libvirt prints it: two spaces a level, single quotes. */

export interface XmlNode {
  readonly name: string;
  readonly attributes?: Readonly<Record<string, string>>;
  /** Text, or children. */
  readonly content?: string | readonly XmlNode[];
}

export function xmlText(node: XmlNode, indent = ''): string {
  const attributes = Object.entries(node.attributes ?? {}).map(([name, value]) => ` ${name}='${escaped(value)}'`);
  const start = `${indent}<${node.name}${attributes.join('')}`;
  const { content } = node;
  if (content === undefined || content.length === 0) return `${start}/>\n`;
  if (typeof content === 'string') return `${start}>${escaped(content)}</${node.name}>\n`;
  const children = content.map((child) => xmlText(child, `${indent}  `));
  return `${start}>\n${children.join('')}${indent}</${node.name}>\n`;
}

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  "'": '&apos;',
  '"': '&quot;',
};

function escaped(text: string): string {
  return text.replaceAll(/[&<>'"]/g, (character) => ESCAPES[character] ?? character);
}
