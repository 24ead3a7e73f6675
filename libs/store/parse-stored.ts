import type { z } from 'zod'
import { StoreError } from './errors.ts'

/**
 * The typed value of a stored text. Throws STORE_VALUE_INVALID with the key when it does not parse:
 * a corrupt value stops the reader, it is never taken for an absent one.
 * @example const quota = raw === undefined ? undefined : parseStored(quotaSchema, raw.key, raw.value)
 */
export function parseStored<S extends z.ZodType>(schema: S, key: string, raw: string): z.infer<S> {
  let json: unknown
  try {
    json = JSON.parse(raw)
  } catch (cause) {
    throw new StoreError('STORE_VALUE_INVALID', `the stored value of ${key} is not JSON`, { cause })
  }
  const parsed = schema.safeParse(json)
  if (parsed.success) return parsed.data
  const problems = parsed.error.issues.map(
    ({ path, message }) => `${path.map(String).join('.') || 'value'}: ${message}`,
  )
  throw new StoreError('STORE_VALUE_INVALID', `the stored value of ${key} is not valid: ${problems.join('; ')}`, {
    cause: parsed.error,
  })
}
