/**
 * One JSON document behind a form and an editor. The form reads and writes single members by path; everything it does not
 * know stays where it is. The editor's text is kept as typed until it parses again.
 */
import { errorMessage } from '@thermosphere/effects'

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json }
export type JsonObject = { [key: string]: Json }
export type Path = readonly (string | number)[]

export type JsonDocument =
  | { state: 'valid'; text: string; value: JsonObject }
  | { state: 'broken'; text: string; value: JsonObject; problem: string }

export const documentOf = (value: JsonObject): JsonDocument => ({ state: 'valid', text: format(value), value })
export const format = (value: Json) => JSON.stringify(value, null, 2)

/** The editor typed: the value follows when the text is a JSON object, else the last good one stays. */
export function withText(document: JsonDocument, text: string): JsonDocument {
  try {
    const value: unknown = JSON.parse(text)
    if (isObject(value)) return { state: 'valid', text, value }
    return { state: 'broken', text, value: document.value, problem: 'The document has to be a JSON object.' }
  } catch (error) {
    return {
      state: 'broken',
      text,
      value: document.value,
      problem: errorMessage(error),
    }
  }
}

/** The form wrote one member; `undefined` removes it (and parents that are empty then). */
export const withMember = (document: JsonDocument, path: Path, value: Json | undefined): JsonDocument =>
  documentOf(asObject(setIn(document.value, path, value)))

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
const asObject = (value: Json | undefined): JsonObject => (isObject(value) ? value : {})

export function getIn(value: Json | undefined, path: Path): Json | undefined {
  let current: Json | undefined = value
  for (const key of path) {
    if (Array.isArray(current) && typeof key === 'number') current = current[key]
    else if (isObject(current) && typeof key === 'string') current = current[key]
    else return undefined
  }
  return current
}

export function setIn(value: Json | undefined, path: Path, next: Json | undefined): Json | undefined {
  const [key, ...rest] = path
  if (key === undefined) return next
  if (typeof key === 'number') return setItem(Array.isArray(value) ? value : [], key, rest, next)
  const object = asObject(value)
  const member = setIn(object[key], rest, next)
  if (member === undefined) return withoutKey(object, key)
  return { ...object, [key]: member }
}

function setItem(list: Json[], index: number, rest: Path, next: Json | undefined): Json {
  const item = setIn(list[index], rest, next)
  if (item === undefined) return rest.length === 0 ? list.filter((_, at) => at !== index) : list.with(index, {})
  return index >= list.length ? [...list, item] : list.with(index, item)
}

function withoutKey(object: JsonObject, key: string): JsonObject | undefined {
  const { [key]: _removed, ...rest } = object
  return Object.keys(rest).length === 0 ? undefined : rest
}
