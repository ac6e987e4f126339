import { describe, expect, it } from 'vitest';
import { controlFields, debianMirror, parseDeb822, parseOneLine } from '../../src/lab/sources.ts';

/** As Debian's own images and installers write them. */
const DEB822 = `Types: deb
# a comment inside the paragraph
URIs: http://mirror.example/debian
Suites: bookworm bookworm-updates
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb
URIs: http://mirror.example/debian-security
Suites: bookworm-security
Components: main
Signed-By:
 /usr/share/keyrings/debian-archive-keyring.gpg
`;

const ONE_LINE = `# deb cdrom:[Debian GNU/Linux 12.0.0]/ bookworm main
deb-src http://sources.example/debian bookworm main
deb [arch=amd64 signed-by=/usr/share/keyrings/x.gpg] https://other.example/apt stable main
deb http://ftp.example/debian/ bookworm main contrib # the mirror
`;

describe('the sources of this system', () => {
  it('finds the archive in deb822 style, comments inside a paragraph and all, and not the security archive', () => {
    const sources = parseDeb822(DEB822);
    expect(sources.map((source) => source.suites)).toEqual([['bookworm', 'bookworm-updates'], ['bookworm-security']]);
    expect(debianMirror(sources)).toBe('http://mirror.example/debian');
  });

  it('finds the archive in one-line style: not sources, not comments, not other vendors', () => {
    expect(parseOneLine(ONE_LINE)).toHaveLength(3);
    expect(debianMirror(parseOneLine(ONE_LINE))).toBe('http://ftp.example/debian');
  });

  it('says that a system such as Ubuntu has none', () => {
    const ubuntu = 'Types: deb\nURIs: http://archive.ubuntu.com/ubuntu/\nSuites: noble\nComponents: main\n';
    expect(debianMirror(parseDeb822(ubuntu))).toBeNull();
  });

  it('passes over a source that is switched off', () => {
    expect(parseDeb822(`Enabled: no\n${DEB822}`)).toHaveLength(1);
  });

  it('joins the continuation lines of a field', () => {
    const fields = controlFields('Package: a\nDepends: b,\n c (= 1)\n');
    expect(fields.get('depends')).toBe('b, c (= 1)');
  });
});
