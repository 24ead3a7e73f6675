/** A finished piece of JSON text. */
export type Json = string & { readonly json: unique symbol }

const json = (text: string): Json => text as Json

/** Doubles always show a fraction or an exponent, as Mesos writes them. */
export function double(value: number): Json {
  if (!Number.isFinite(value)) return json(Number.isNaN(value) ? 'NaN' : value > 0 ? 'Infinity' : '-Infinity')
  const text = String(value)
  // From 1e21 on, whole numbers have an exponent.
  return json(Number.isInteger(value) && Math.abs(value) < 1e21 ? `${text}.0` : text)
}

export const integer = (value: number): Json => json(String(Math.trunc(value)))

const plain = /^[^"\\\u0000-\u001f\ud800-\udfff]*$/

/** Nearly all texts need no escapes, and to see that is faster than to look for them. */
export const text = (value: string): Json => json(plain.test(value) ? `"${value}"` : JSON.stringify(value))
export const bool = (value: boolean): Json => json(value ? 'true' : 'false')
export const raw = (value: string): Json => json(value)
export const array = (items: readonly Json[]): Json => json(`[${items.join(',')}]`)

/** Members in the order given; those that are undefined are left out. Keys are words of the protocol. */
export function object(members: Readonly<Record<string, Json | undefined>>): Json {
  let joined = ''
  for (const key in members) {
    const value = members[key]
    if (value !== undefined) joined += `${joined === '' ? '' : ','}"${key}":${value}`
  }
  return json(`{${joined}}`)
}

/** Like `object`, for keys that are data: an object literal would reorder keys that look like numbers. */
export function entries(members: Iterable<readonly [string, Json | undefined]>): Json {
  const parts: string[] = []
  for (const [key, value] of members) if (value !== undefined) parts.push(`${text(key)}:${value}`)
  return json(`{${parts.join(',')}}`)
}

/** Several objects as one, members of the first first. */
export function merged(...objects: readonly Json[]): Json {
  const inner = objects.map((one) => one.slice(1, -1)).filter((one) => one !== '')
  return json(`{${inner.join(',')}}`)
}
