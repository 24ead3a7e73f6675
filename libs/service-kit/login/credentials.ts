import { readFileSync, statSync } from 'node:fs'
import { errnoOf } from '@thermosphere/effects'
import { z } from 'zod'
import { StartupError } from '../lifecycle/startup-error.ts'
import { LOGIN_LIMITS } from './limits.ts'

/** Who may log in: secrets by principal. */
export type Credentials = ReadonlyMap<string, string>

export type Credential = { readonly principal: string; readonly secret: string }

const credentialSchema = z.object({
  principal: z.string().min(1).max(LOGIN_LIMITS.principalLengthMax),
  secret: z.string().min(1).max(LOGIN_LIMITS.secretLengthMax),
})
const credentialsSchema = z.object({ credentials: z.array(credentialSchema).max(LOGIN_LIMITS.credentialsMax) })

/**
 * A file `{"credentials":[{"principal":…,"secret":…}]}`, as Mesos' `--credentials` and `--http_credentials` name one.
 * Throws StartupError, whose text shows nothing of the file's content.
 */
export function readCredentials(flag: string, path: string): Credentials {
  const { credentials } = parseFile(flag, path, {
    schema: credentialsSchema,
    form: '{"credentials":[{"principal":"…","secret":"…"}]}',
  })
  const found = new Map<string, string>()
  for (const { principal, secret } of credentials) {
    if (found.has(principal)) throw new StartupError(`${flag}: ${path} names the principal '${principal}' twice`)
    // In the header of a request the first colon ends the principal: this one could never log in.
    if (principal.includes(':')) throw new StartupError(`${flag}: the principal '${principal}' has a colon`)
    found.set(principal, secret)
  }
  return found
}

/** A file with one `{"principal":…,"secret":…}`, as Mesos' `--credential` of an agent names one. */
export const readCredential = (flag: string, path: string): Credential =>
  parseFile(flag, path, { schema: credentialSchema, form: '{"principal":"…","secret":"…"}' })

/** Whether others than the file's owner and its group can read it. */
export const isReadByOthers = (path: string): boolean => (statSync(path).mode & 0o004) !== 0

function parseFile<T>(flag: string, path: string, wanted: { schema: z.ZodType<T>; form: string }): T {
  const refuse = (why: string): never => {
    throw new StartupError(`${flag}: ${path} ${why}; it has to be JSON: ${wanted.form}`)
  }
  const json = parseJson(readText(flag, path)) ?? refuse('is not JSON')
  const parsed = wanted.schema.safeParse(json)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  return refuse(`is not understood at ${issue?.path.join('.') || 'its top'}`)
}

function readText(flag: string, path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (cause) {
    const why = errnoOf(cause) ?? 'unknown error'
    throw new StartupError(`${flag}: ${path} cannot be read (${why})`, { cause })
  }
}

/** The parser's own message would quote the text, and with it a secret. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
