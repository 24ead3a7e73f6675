import { errorMessage } from '@thermosphere/effects'
import { fromJsonObject, WireError } from '@thermosphere/protocol'
import type { mesos } from '@thermosphere/protocol'

/** Query-encoded text as its fields; undefined when its escapes are broken. */
export function parseForm(text: string): Map<string, string> | undefined {
  const fields = new Map<string, string>()
  try {
    for (const part of text.split(/[&;]/)) {
      if (part === '') continue
      const [name = '', ...rest] = part.split('=')
      fields.set(decode(name), decode(rest.join('=')))
    }
  } catch (error) {
    if (error instanceof URIError) return undefined
    throw error
  }
  return fields
}

const decode = (text: string): string => decodeURIComponent(text.replaceAll('+', ' '))

export const queryError = (text: string): string => `Unable to decode query string: Malformed % escape in '${text}'`

/** A JSON array of resources; a text says what is wrong with it. */
export function listOf(text: string): mesos.Resource[] | string {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch (error) {
    return errorMessage(error)
  }
  if (!Array.isArray(json)) return 'Expecting a JSON array'
  try {
    return json.map((item: unknown) => fromJsonObject('mesos.v1.Resource', item))
  } catch (error) {
    if (error instanceof WireError) return error.message
    throw error
  }
}
