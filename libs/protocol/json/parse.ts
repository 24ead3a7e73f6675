/** JSON text → value: integers beyond 2^53 as bigint, bare Infinity and NaN, Mesos' wording of syntax errors. */
import { WireError } from '../wire-error.ts'
import { describeSyntaxError } from './syntax-error.ts'

const longInteger = /(?:^|[^.\d])\d{16}/
const integer = /^-?\d+$/
const bareNumberOrString = /"(?:[^"\\]|\\.)*"|-?Infinity|NaN/g

const utf8 = new TextDecoder('utf-8', { ignoreBOM: true })

function reviveIntegers(_key: string, value: unknown, context?: { readonly source?: string }): unknown {
  if (typeof value !== 'number' || Number.isSafeInteger(value)) return value
  const source = context?.source
  return source !== undefined && integer.test(source) ? BigInt(source) : value
}

function parseExact(text: string): unknown {
  return longInteger.test(text) ? JSON.parse(text, reviveIntegers) : JSON.parse(text)
}

/** Mesos writes an unlimited quantity as a bare Infinity; the schema accepts it as a string. */
function quoteBareNumbers(text: string): string {
  return text.replace(bareNumberOrString, (match) => (match.startsWith('"') ? match : `"${match}"`))
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
