/** JSON text → value: integers beyond 2^53 as bigint, bare Infinity and NaN, Mesos' wording of syntax errors. */
import { WireError } from '../wire-error.ts'
import { describeSyntaxError } from './syntax-error.ts'

const longInteger = /(?:^|[^.\d])\d{16}/
const integer = /^-?\d+$/
const bareNumberOrQuote = /-?Infinity|NaN|"/g

const utf8 = new TextDecoder('utf-8', { ignoreBOM: true })

function reviveIntegers(_key: string, value: unknown, context?: { readonly source?: string }): unknown {
  if (typeof value !== 'number' || Number.isSafeInteger(value)) return value
  const source = context?.source
  return source !== undefined && integer.test(source) ? BigInt(source) : value
}

function parseExact(text: string): unknown {
  return longInteger.test(text) ? JSON.parse(text, reviveIntegers) : JSON.parse(text)
}

/** Behind the quote that ends the string which begins at `from`. */
function endOfString(text: string, from: number): number {
  for (let quote = text.indexOf('"', from); quote >= 0; quote = text.indexOf('"', quote + 1)) {
    let slash = quote
    while (text.charAt(slash - 1) === '\\') slash--
    if ((quote - slash) % 2 === 0) return quote + 1
  }
  return text.length
}

/**
 * Mesos writes an unlimited quantity as a bare Infinity; the schema accepts it as a string. Strings are stepped over by
 * hand: an expression that matches a whole one runs out of stack where it is long.
 */
function quoteBareNumbers(text: string): string {
  const pieces: string[] = []
  let done = 0
  bareNumberOrQuote.lastIndex = 0
  for (let match = bareNumberOrQuote.exec(text); match !== null; match = bareNumberOrQuote.exec(text)) {
    if (match[0] === '"') bareNumberOrQuote.lastIndex = endOfString(text, match.index + 1)
    else {
      pieces.push(text.slice(done, match.index), `"${match[0]}"`)
      done = bareNumberOrQuote.lastIndex
    }
  }
  return pieces.length === 0 ? text : pieces.join('') + text.slice(done)
}

/** Throws WireError with stage `json`. */
export function parseJson(input: string | Uint8Array): unknown {
  const text = typeof input === 'string' ? input : utf8.decode(input)
  try {
    return parseExact(text)
  } catch {
    return parseUnusual(text)
  }
}

function parseUnusual(text: string): unknown {
  const quoted = quoteBareNumbers(text)
  if (quoted !== text) {
    try {
      return parseExact(quoted)
    } catch {
      // Not only the bare numbers are wrong: describe the text as it came.
    }
  }
  throw new WireError('json', describeSyntaxError(text))
}
