/**
 * Says where a JSON text goes wrong in the words of Mesos' parser: `syntax error at line N near: <rest of the line>`.
 * Runs only after JSON.parse refused the text. The position is where that parser stops reading, so the order in which
 * characters are consumed is part of the behaviour.
 */

type Cursor = { readonly text: string; at: number }

const whitespace = /[ \t\n\r]*/y
const numeric = /[0-9+\-.eE]/
const escapes = '"\\/bfnrt'

function skipWhitespace(cursor: Cursor): void {
  whitespace.lastIndex = cursor.at
  whitespace.test(cursor.text)
  cursor.at = whitespace.lastIndex
}

function accept(cursor: Cursor, character: string): boolean {
  skipWhitespace(cursor)
  if (cursor.text.charAt(cursor.at) !== character) return false
  cursor.at += 1
  return true
}

function acceptWord(cursor: Cursor, word: string): boolean {
  for (const character of word) {
    if (cursor.text.charAt(cursor.at) !== character) return false
    cursor.at += 1
  }
  return true
}

function scanEscape(cursor: Cursor): boolean {
  const character = cursor.text.charAt(cursor.at)
  cursor.at += 1
  if (character !== 'u') return character !== '' && escapes.includes(character)
  for (let digit = 0; digit < 4; digit += 1) {
    if (!/[0-9a-fA-F]/.test(cursor.text.charAt(cursor.at))) return false
    cursor.at += 1
  }
  return true
}

function scanString(cursor: Cursor): boolean {
  for (;;) {
    const character = cursor.text.charAt(cursor.at)
    if (character === '' || character < ' ') return false
    cursor.at += 1
    if (character === '"') return true
    if (character === '\\' && !scanEscape(cursor)) return false
  }
}

function scanNumber(cursor: Cursor): boolean {
  const start = cursor.at
  while (cursor.at < cursor.text.length && numeric.test(cursor.text.charAt(cursor.at))) cursor.at += 1
  return cursor.at > start && !Number.isNaN(Number(cursor.text.slice(start, cursor.at)))
}

function scanList(cursor: Cursor, close: string, scanItem: (cursor: Cursor) => boolean): boolean {
  if (accept(cursor, close)) return true
  do {
    if (!scanItem(cursor)) return false
  } while (accept(cursor, ','))
  return accept(cursor, close)
}

const scanMember = (cursor: Cursor): boolean =>
  accept(cursor, '"') && scanString(cursor) && accept(cursor, ':') && scanValue(cursor)

function scanValue(cursor: Cursor): boolean {
  skipWhitespace(cursor)
  const character = cursor.text.charAt(cursor.at)
  if (/[0-9-]/.test(character)) return scanNumber(cursor)
  if (character === '' || !'{["tfn'.includes(character)) return false
  cursor.at += 1
  switch (character) {
    case '{':
      return scanList(cursor, '}', scanMember)
    case '[':
      return scanList(cursor, ']', scanValue)
    case '"':
      return scanString(cursor)
    case 't':
      return acceptWord(cursor, 'rue')
    case 'f':
      return acceptWord(cursor, 'alse')
    default:
      return acceptWord(cursor, 'ull')
  }
}

function endsWell(cursor: Cursor): boolean {
  try {
    return scanValue(cursor)
  } catch (error) {
    // Nested deeper than the stack: the text is refused where the scan gave up.
    if (error instanceof RangeError) return false
    throw error
  }
}

const ERROR_TEXT_MAX = 200

function lineOf(text: string, at: number): number {
  let line = 1
  for (let next = text.indexOf('\n'); next >= 0 && next < at; next = text.indexOf('\n', next + 1)) line += 1
  return line
}

/** The rest of the line without control characters, as far as it is shown: a body may be one long line. */
function printable(text: string, from: number): string {
  let shown = ''
  for (let at = from; at < text.length && shown.length < ERROR_TEXT_MAX && text.charAt(at) !== '\n'; at++) {
    if (text.charAt(at) >= ' ') shown += text.charAt(at)
  }
  return shown
}

/** The error that Mesos reports for `text`, which is known not to be valid JSON. */
export function describeSyntaxError(text: string): string {
  const cursor = { text, at: 0 }
  if (endsWell(cursor)) {
    const rest = text.slice(cursor.at).trimEnd()
    if (rest !== '') return `Parsed JSON included non-whitespace trailing characters: ${rest.slice(0, ERROR_TEXT_MAX)}`
  }
  return `syntax error at line ${lineOf(text, cursor.at)} near: ${printable(text, cursor.at)}`
}
