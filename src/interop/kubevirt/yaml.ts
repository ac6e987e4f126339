/**
 * YAML for people to read and kubectl to apply: mappings and sequences in block style. Texts from elsewhere are quoted, as
 * JSON quotes them, so that no name is taken for a number.
 */
export type Yaml = string | boolean | bigint | readonly Yaml[] | { readonly [key: string]: Yaml };

export function yamlText(value: Yaml): string {
  return lines(value).join('\n') + '\n';
}

function lines(value: Yaml): string[] {
  if (typeof value === 'string') return [JSON.stringify(value)];
  if (typeof value === 'boolean' || typeof value === 'bigint') return [String(value)];
  if (isSequence(value)) {
    return value.flatMap((item) => lines(item).map((line, at) => `${at === 0 ? '- ' : '  '}${line}`));
  }
  return Object.entries(value).flatMap(([key, member]) => {
    const inner = lines(member);
    const name = /^[A-Za-z]+$/.test(key) ? key : JSON.stringify(key);
    return typeof member === 'object'
      ? [`${name}:`, ...inner.map((line) => `  ${line}`)]
      : [`${name}: ${inner.join('')}`];
  });
}

function isSequence(value: Yaml): value is readonly Yaml[] {
  return Array.isArray(value);
}
