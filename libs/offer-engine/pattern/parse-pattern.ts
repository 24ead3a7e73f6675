/** Parses the part of RE2's syntax that decides whether a text matches: no look-around, no back-references. */

export type CharTest = (codePoint: number) => boolean

export type Node =
  | { readonly type: 'char'; readonly test: CharTest }
  | { readonly type: 'edge'; readonly edge: 'start' | 'end' | 'word' | 'no-word' }
  | { readonly type: 'sequence'; readonly parts: readonly Node[] }
  | { readonly type: 'choice'; readonly options: readonly Node[] }
  | { readonly type: 'repeat'; readonly node: Node; readonly min: number; readonly max: number }

/** RE2 refuses more. */
const repeatMax = 1000
const nestingMax = 100

const isDigit: CharTest = (c) => c >= 48 && c <= 57
export const isWord: CharTest = (c) => isDigit(c) || (c >= 65 && c <= 90) || (c >= 97 && c <= 122) || c === 95
const isSpace: CharTest = (c) => c === 32 || (c >= 9 && c <= 13 && c !== 11)
const not =
  (test: CharTest): CharTest =>
  (c) =>
    !test(c)
const is =
  (wanted: number): CharTest =>
  (c) =>
    c === wanted

const classes: Readonly<Record<string, CharTest>> = {
  d: isDigit,
  D: not(isDigit),
  w: isWord,
  W: not(isWord),
  s: isSpace,
  S: not(isSpace),
}
const escapes: Readonly<Record<string, number>> = { a: 7, f: 12, n: 10, r: 13, t: 9, v: 11 }
const edges = { A: 'start', z: 'end', b: 'word', B: 'no-word' } as const

/** Throws an Error that says what is wrong. */
export function parsePattern(pattern: string): Node {
  return new PatternParser(pattern).parse()
}

class PatternParser {
  private readonly chars: readonly string[]
  private at = 0
  private depth = 0
  private ignoreCase = false
  private dotMatchesAll = false

  constructor(pattern: string) {
    this.chars = [...pattern]
  }

  parse(): Node {
    const flags = /^\(\?([is]+)\)/.exec(this.chars.join(''))
    if (flags) this.at += flags[0].length
    this.ignoreCase = flags?.[1]?.includes('i') ?? false
    this.dotMatchesAll = flags?.[1]?.includes('s') ?? false
    const node = this.choice()
    if (this.at < this.chars.length) throw new Error('unexpected )')
    return node
  }

  private choice(): Node {
    if (++this.depth > nestingMax) throw new Error('nested too deeply')
    const options = [this.sequence()]
    while (this.accept('|')) options.push(this.sequence())
    this.depth--
    return options.length === 1 ? (options[0] as Node) : { type: 'choice', options }
  }

  private sequence(): Node {
    const parts: Node[] = []
    while (this.at < this.chars.length && this.peek() !== '|' && this.peek() !== ')') parts.push(this.quantified())
    return { type: 'sequence', parts }
  }

  private quantified(): Node {
    let node = this.atom()
    for (let bounds = this.bounds(); bounds; bounds = this.bounds()) {
      node = { type: 'repeat', node, ...bounds }
      this.accept('?')
    }
    return node
  }

  private bounds(): { min: number; max: number } | undefined {
    if (this.accept('*')) return { min: 0, max: Infinity }
    if (this.accept('+')) return { min: 1, max: Infinity }
    if (this.accept('?')) return { min: 0, max: 1 }
    const braces = /^\{(\d{1,4})(,(\d{0,4}))?\}/.exec(this.chars.slice(this.at, this.at + 12).join(''))
    if (!braces) return undefined
    this.at += braces[0].length
    const min = Number(braces[1])
    const max = braces[2] === undefined ? min : braces[3] ? Number(braces[3]) : Infinity
    if (min > repeatMax || (max > repeatMax && max !== Infinity) || max < min) throw new Error('invalid repeat count')
    return { min, max }
  }

  private atom(): Node {
    const char = this.next()
    switch (char) {
      case '(':
        return this.group()
      case '[':
        return { type: 'char', test: this.charClass() }
      case '.':
        return { type: 'char', test: this.dotMatchesAll ? () => true : not(is(10)) }
      case '^':
        return { type: 'edge', edge: 'start' }
      case '$':
        return { type: 'edge', edge: 'end' }
      case '\\':
        return this.escape()
      case '*':
      case '+':
      case '?':
        throw new Error(`no argument for repetition operator: ${char}`)
      default:
        return { type: 'char', test: this.literal(codePoint(char)) }
    }
  }

  private group(): Node {
    if (this.accept('?')) {
      if (this.accept('P')) this.skipName()
      else if (!this.accept(':')) throw new Error(`invalid or unsupported group: (?${this.peek() ?? ''}`)
    }
    const node = this.choice()
    if (!this.accept(')')) throw new Error('missing )')
    return node
  }

  private skipName(): void {
    if (!this.accept('<')) throw new Error('invalid named group')
    while (this.next() !== '>');
  }

  private escape(): Node {
    const char = this.next()
    const edge = char in edges ? edges[char as keyof typeof edges] : undefined
    if (edge) return { type: 'edge', edge }
    return { type: 'char', test: classes[char] ?? this.literal(this.escaped(char)) }
  }

  private escaped(char: string): number {
    const known = escapes[char]
    if (known !== undefined) return known
    if (char === 'x') return this.hex()
    if (isWord(codePoint(char))) throw new Error(`invalid escape sequence: \\${char}`)
    return codePoint(char)
  }

  private hex(): number {
    const rest = this.chars.slice(this.at, this.at + 10).join('')
    const match = /^([0-9a-fA-F]{2})|^\{([0-9a-fA-F]{1,6})\}/.exec(rest)
    if (!match) throw new Error('invalid escape sequence: \\x')
    this.at += match[0].length
    return Number.parseInt(match[1] ?? match[2] ?? '0', 16)
  }

  private charClass(): CharTest {
    const negated = this.accept('^')
    const tests: CharTest[] = []
    for (let first = true; first || this.peek() !== ']'; first = false) tests.push(this.classPart())
    this.next()
    const any: CharTest = (c) => tests.some((test) => test(c))
    return negated ? not(any) : any
  }

  private classPart(): CharTest {
    const char = this.next()
    const known = char === '\\' ? classes[this.peek() ?? ''] : undefined
    if (known) {
      this.at++
      return known
    }
    const from = char === '\\' ? this.escaped(this.next()) : codePoint(char)
    if (this.peek() !== '-' || this.chars[this.at + 1] === ']') return this.literal(from)
    this.at++
    const last = this.next()
    const to = last === '\\' ? this.escaped(this.next()) : codePoint(last)
    if (to < from) throw new Error('invalid character class range')
    return this.range(from, to)
  }

  private literal(wanted: number): CharTest {
    return this.ignoreCase ? this.range(wanted, wanted) : is(wanted)
  }

  private range(from: number, to: number): CharTest {
    const within: CharTest = (c) => c >= from && c <= to
    if (!this.ignoreCase) return within
    return (c) => within(c) || within(lowerCase(c)) || within(upperCase(c))
  }

  private peek(): string | undefined {
    return this.chars[this.at]
  }

  private next(): string {
    const char = this.chars[this.at++]
    if (char === undefined) throw new Error('unexpected end of pattern')
    return char
  }

  private accept(char: string): boolean {
    if (this.peek() !== char) return false
    this.at++
    return true
  }
}

function codePoint(char: string): number {
  return char.codePointAt(0) ?? 0
}

function lowerCase(c: number): number {
  return codePoint(String.fromCodePoint(c).toLowerCase())
}

function upperCase(c: number): number {
  return codePoint(String.fromCodePoint(c).toUpperCase())
}
