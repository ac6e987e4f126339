/**
 * Where this system gets Debian from: apt's source files in both their styles, one line an entry (sources.list(5)) and
 * deb822 paragraphs, read only for the address of a mirror.
 */
export interface AptSource {
  readonly types: readonly string[];
  readonly addresses: readonly string[];
  readonly suites: readonly string[];
  readonly components: readonly string[];
}

/** Names the mirror where the system has no source of Debian packages, or another is wanted: the address of `debian/`. */
export const MIRROR_VARIABLE = 'EVENKEEL_DEBIAN_MIRROR';

/** The entries of a file in the one-line style. Lines that are not entries are passed over. */
export function parseOneLine(text: string): AptSource[] {
  return text.split('\n').flatMap((line) => {
    const words = line
      .replace(/#.*/, '')
      .replace(/\[[^\]]*\]/, ' ')
      .split(/\s+/)
      .filter((word) => word !== '');
    const [type, address, suite, ...components] = words;
    if ((type !== 'deb' && type !== 'deb-src') || address === undefined || suite === undefined) return [];
    return [{ types: [type], addresses: [address], suites: [suite], components }];
  });
}

/** The entries of a deb822 file: paragraphs of `Field: value`, continued by indentation, `#` lines anywhere. */
export function parseDeb822(text: string): AptSource[] {
  const lines = text.split('\n').filter((line) => !line.startsWith('#'));
  return lines
    .join('\n')
    .split(/\n\s*\n/)
    .flatMap((paragraph) => {
      const fields = controlFields(paragraph);
      const list = (name: string): string[] => (fields.get(name) ?? '').split(/\s+/).filter((word) => word !== '');
      if (fields.get('enabled') === 'no' || list('uris').length === 0) return [];
      return [
        { types: list('types'), addresses: list('uris'), suites: list('suites'), components: list('components') },
      ];
    });
}

/** One paragraph of Debian's control format (deb822(5)); field names in lower case, continuation lines joined. */
export function controlFields(paragraph: string): ReadonlyMap<string, string> {
  const fields = new Map<string, string>();
  let last = '';
  for (const line of paragraph.split('\n')) {
    const field = /^([!-9;-~]+):\s*(.*)$/.exec(line);
    if (field?.[1] !== undefined) {
      last = field[1].toLowerCase();
      fields.set(last, (field[2] ?? '').trim());
    } else if (/^\s+\S/.test(line)) fields.set(last, `${fields.get(last) ?? ''} ${line.trim()}`.trim());
  }
  return fields;
}

/**
 * The mirror of Debian's main archive among the sources: the first address that ends in `/debian` and has the
 * component main. `null` where there is none, as on Ubuntu.
 */
export function debianMirror(sources: readonly AptSource[]): string | null {
  const fitting = sources
    .filter((source) => source.types.includes('deb') && source.components.includes('main'))
    .flatMap((source) => source.addresses)
    .map((address) => address.replace(/\/+$/, ''))
    .filter((address) => /^(https?|file|mirror\+https?|copy):.*\/debian$/.test(address));
  return fitting[0] ?? null;
}
