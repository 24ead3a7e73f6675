import { readFileSync } from 'node:fs'
import { errorMessage } from '@thermosphere/effects'
import { describeZodError } from '../http/describe-zod-error.ts'
import type { Flag } from './flags.ts'
import { BYTES_FORM, DURATION_FORM, formatBytes, formatDuration, parseBytes, parseDuration } from './values.ts'

/** A parsed value or what was wrong with the text. */
export type ParsedValue =
  { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly problem: string }

const good = (value: unknown): ParsedValue => ({ ok: true, value })
const bad = (problem: string): ParsedValue => ({ ok: false, problem })
const FILE_SCHEME = 'file://'

/** Parses the text of one flag, from the command line, the environment or a file. */
export function parseFlagText(flag: Flag, raw: string): ParsedValue {
  const fromFile = readReferencedFile(flag, raw)
  if (!fromFile.ok) return bad(fromFile.problem)
  const text = fromFile.text
  switch (flag.type) {
    case 'string':
      return parseString(flag, text)
    case 'path':
      return text === '' ? bad('must be a path') : good(text)
    case 'integer':
      return /^[+-]?\d+$/.test(text)
        ? inRange(flag, Number(text), { format: String, form: 'a number' })
        : bad('must be a whole number')
    case 'number':
      return text.trim() !== '' && Number.isFinite(Number(text))
        ? inRange(flag, Number(text), { format: String, form: 'a number' })
        : bad('must be a number')
    case 'boolean':
      return parseBoolean(text)
    case 'duration':
      return inRange(flag, parseDuration(text), { format: formatDuration, form: DURATION_FORM })
    case 'bytes':
      return inRange(flag, parseBytes(text), { format: formatBytes, form: BYTES_FORM })
    case 'list':
      return parseList(flag, text)
    case 'json':
      return parseJson(flag, text)
  }
}

/** Mesos: every flag may name a file that holds its value; a path flag only drops the scheme. */
function readReferencedFile(flag: Flag, raw: string): { ok: true; text: string } | { ok: false; problem: string } {
  const isBarePath = flag.type === 'json' && raw.startsWith('/')
  if (!raw.startsWith(FILE_SCHEME) && !isBarePath) return { ok: true, text: raw }
  const path = isBarePath ? raw : raw.slice(FILE_SCHEME.length)
  if (flag.type === 'path') return { ok: true, text: path }
  try {
    return { ok: true, text: readFileSync(path, 'utf8').trim() }
  } catch (error) {
    return { ok: false, problem: `cannot read ${path}: ${errorMessage(error)}` }
  }
}

function parseString(flag: Extract<Flag, { type: 'string' }>, text: string): ParsedValue {
  if (flag.choices !== undefined && !flag.choices.includes(text))
    return bad(`must be one of ${flag.choices.join(', ')}`)
  if (flag.pattern !== undefined && !flag.pattern.test(text)) return bad(`must match ${flag.pattern.source}`)
  return good(text)
}

function parseBoolean(text: string): ParsedValue {
  if (text === 'true' || text === '1') return good(true)
  if (text === 'false' || text === '0') return good(false)
  return bad('must be true or false')
}

function parseList(flag: Extract<Flag, { type: 'list' }>, text: string): ParsedValue {
  const items = text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '')
  const unknown = items.filter((item) => flag.choices !== undefined && !flag.choices.includes(item))
  if (unknown.length > 0) return bad(`has unknown ${unknown.join(', ')}; allowed are ${flag.choices?.join(', ')}`)
  return good(items)
}

function parseJson(flag: Extract<Flag, { type: 'json' }>, text: string): ParsedValue {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch (error) {
    return bad(`must be JSON: ${errorMessage(error)}`)
  }
  return parseFlagJson(flag, json)
}

function parseFlagJson(flag: Extract<Flag, { type: 'json' }>, json: unknown): ParsedValue {
  const parsed = flag.schema.safeParse(json)
  return parsed.success ? good(parsed.data) : bad(describeZodError(parsed.error, json))
}

function inRange(
  flag: { readonly min?: number; readonly max?: number },
  value: number | undefined,
  { format, form }: { readonly format: (value: number) => string; readonly form: string },
): ParsedValue {
  if (value === undefined || Number.isNaN(value)) return bad(`must be ${form}`)
  const { min = -Infinity, max = Infinity } = flag
  if (value >= min && value <= max) return good(value)
  return bad(`must be ${rangeText(flag, format)}`)
}

/** `between 1 and 9`, `at least 1`, `at most 9`, or nothing. */
export function rangeText(
  range: { readonly min?: number; readonly max?: number },
  format: (value: number) => string,
): string {
  const { min, max } = range
  if (min !== undefined && max !== undefined) return `between ${format(min)} and ${format(max)}`
  if (min !== undefined) return `at least ${format(min)}`
  return max === undefined ? '' : `at most ${format(max)}`
}

/** A value of a JSON file: its own type, or the text that the command line takes. */
export function parseFlagFileValue(flag: Flag, value: unknown): ParsedValue {
  if (flag.type === 'json' && typeof value !== 'string') return parseFlagJson(flag, value)
  if (Array.isArray(value) && flag.type === 'list') return parseFlagText(flag, value.join(','))
  if (typeof value === 'object') return bad(`must be of type ${flag.type}`)
  return parseFlagText(flag, String(value))
}
