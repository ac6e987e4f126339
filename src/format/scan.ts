/**
 * A scanner over JSON text (RFC 8259) that builds no value and says where the first fault is. JSON.parse does neither
 * thing that a reader of captures needs: it keeps the last of two equal keys without a word, and it names faults by
 * offset only.
 */

export interface Fault {
  readonly kind: 'syntax' | 'duplicate-key';
  /** In UTF-16 code units from the start of the text. */
  readonly offset: number;
  /** Keys and indices from the root to the fault. */
  readonly path: readonly (string | number)[];
  readonly message: string;
}

/** Levels of nesting. No document of ours needs a quarter of it, and neither scanner nor schemas may overflow. */
export const MAXIMUM_DEPTH = 64;

/** The first fault of the text, or null where JSON.parse takes it, no object has a key twice and it is not too deep. */
export function scan(text: string): Fault | null {
  return new Scanner(text).document();
}

/** Line and column, from 1, of an offset; a column counts UTF-16 code units. */
export function lineAndColumn(text: string, offset: number): { readonly line: number; readonly column: number } {
  const before = text.slice(0, offset);
  return { line: before.split('\n').length, column: offset - before.lastIndexOf('\n') };
}

const SPACE = /[ \t\n\r]*/y;
const SCALAR = /true|false|null|-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;

/** Each method moves past what it names and answers null, or stays at the first fault. */
class Scanner {
  readonly #text: string;
  readonly #path: (string | number)[] = [];
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  document(): Fault | null {
    const fault = this.#value();
    if (fault !== null) return fault;
    return this.#next() === undefined ? null : this.#syntax('there is text after the end of the document');
  }

  #value(): Fault | null {
    switch (this.#next()) {
      case '{':
        return this.#object();
      case '[':
        return this.#array();
      case '"':
        return this.#string();
      case undefined:
        return this.#syntax('the text ends where a value should be');
      default:
        return this.#skip(SCALAR) ? null : this.#syntax('a value should be here');
    }
  }

  #object(): Fault | null {
    if (this.#path.length >= MAXIMUM_DEPTH) return this.#tooDeep();
    const keys = new Set<string>();
    this.#at++;
    if (this.#take('}')) return null;
    do {
      if (this.#next() !== '"') return this.#syntax('a key in double quotes should be here');
      const start = this.#at;
      const fault = this.#string();
      if (fault !== null) return fault;
      const key = String(JSON.parse(this.#text.slice(start, this.#at)));
      this.#path.push(key);
      if (keys.has(key)) {
        return { kind: 'duplicate-key', offset: start, path: [...this.#path], message: 'the key is here twice' };
      }
      keys.add(key);
      if (!this.#take(':')) return this.#syntax('a colon should follow the key');
      const inside = this.#value();
      if (inside !== null) return inside;
      this.#path.pop();
    } while (this.#take(','));
    return this.#take('}') ? null : this.#syntax('a comma or the closing } should be here');
  }

  #array(): Fault | null {
    if (this.#path.length >= MAXIMUM_DEPTH) return this.#tooDeep();
    this.#at++;
    if (this.#take(']')) return null;
    let index = 0;
    do {
      this.#path.push(index++);
      const inside = this.#value();
      if (inside !== null) return inside;
      this.#path.pop();
    } while (this.#take(','));
    return this.#take(']') ? null : this.#syntax('a comma or the closing ] should be here');
  }

  #string(): Fault | null {
    for (this.#at++; this.#at < this.#text.length; this.#at++) {
      const code = this.#text.charCodeAt(this.#at);
      if (code === 0x22 /* " */) {
        this.#at++;
        return null;
      }
      if (code < 0x20) return this.#syntax('a control character inside a string');
      if (code === 0x5c /* \ */) {
        if (!this.#skip(ESCAPE)) return this.#syntax('an escape that JSON does not know');
        this.#at--;
      }
    }
    return this.#syntax('the text ends inside a string');
  }

  /** The next character that is not white space. */
  #next(): string | undefined {
    this.#skip(SPACE);
    return this.#text[this.#at];
  }

  #take(character: string): boolean {
    if (this.#next() !== character) return false;
    this.#at++;
    return true;
  }

  #skip(pattern: RegExp): boolean {
    pattern.lastIndex = this.#at;
    if (!pattern.test(this.#text)) return false;
    this.#at = pattern.lastIndex;
    return true;
  }

  #syntax(message: string): Fault {
    const ended = this.#at >= this.#text.length && !message.startsWith('the text ends');
    return {
      kind: 'syntax',
      offset: this.#at,
      path: [...this.#path],
      message: ended ? `the text ends early: ${message}` : message,
    };
  }

  #tooDeep(): Fault {
    return this.#syntax(`more than ${MAXIMUM_DEPTH} levels of nesting`);
  }
}
