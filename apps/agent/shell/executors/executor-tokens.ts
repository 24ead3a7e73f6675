/** JSON Web Tokens (RFC 7519) of executors: signed by HMAC with SHA-256, and without an end, as Mesos makes them. */
import { errnoOf } from '@thermosphere/effects'
import type { ExecutorClaims } from '@thermosphere/agent-core'
import { StartupError } from '@thermosphere/service-kit'
import { createHmac, timingSafeEqual } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { z } from 'zod'
import { LIMITS } from '../../limits.ts'

/** Where an executor finds its token. */
export const TOKEN_VARIABLE = 'MESOS_EXECUTOR_AUTHENTICATION_TOKEN'

const id = z.string().max(LIMITS.tokenClaimLengthMax)
const headerSchema = z.object({ alg: z.literal('HS256') })
const payloadSchema = z.object({ fid: id, eid: id, cid: id, exp: z.number().optional() })

/** The same key gives the same tokens: those that an earlier agent gave out stay good. */
export class ExecutorTokens {
  readonly #key: Uint8Array

  constructor(key: Uint8Array) {
    this.#key = key
  }

  sign({ frameworkId, executorId, containerId }: ExecutorClaims): string {
    const header = encode({ alg: 'HS256', typ: 'JWT' })
    const body = `${header}.${encode({ cid: containerId, eid: executorId, fid: frameworkId })}`
    return `${body}.${this.#signature(body).toString('base64url')}`
  }

  /** What a token says; undefined unless it was signed with this key and is still good. */
  read(token: string): ExecutorClaims | undefined {
    const [header = '', payload = '', signature = '', ...more] = token.split('.')
    if (more.length > 0 || token.length > LIMITS.tokenLengthMax) return undefined
    const given = Buffer.from(signature, 'base64url')
    const wanted = this.#signature(`${header}.${payload}`)
    if (given.length !== wanted.length || !timingSafeEqual(given, wanted)) return undefined
    if (!headerSchema.safeParse(decode(header)).success) return undefined
    const claims = payloadSchema.safeParse(decode(payload))
    if (!claims.success) return undefined
    const { fid, eid, cid, exp } = claims.data
    if (exp !== undefined && exp * 1000 <= Date.now()) return undefined
    return { frameworkId: fid, executorId: eid, containerId: cid }
  }

  #signature(text: string): Buffer {
    return createHmac('sha256', this.#key).update(text).digest()
  }
}

const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')

function decode(part: string): unknown {
  try {
    return JSON.parse(Buffer.from(part, 'base64url').toString('utf8'))
  } catch {
    return undefined
  }
}

/** The whole content of a file is the key, as in Mesos. Throws StartupError, whose text shows nothing of it. */
export function readTokenKey(path: string): Uint8Array {
  const key = readKeyFile(path)
  if (key.length > 0) return key
  throw new StartupError(`--jwt_secret_key: ${path} is empty; it has to have the key that signs tokens of executors`)
}

function readKeyFile(path: string): Uint8Array {
  try {
    return readFileSync(path)
  } catch (cause) {
    const why = errnoOf(cause) ?? 'unknown error'
    throw new StartupError(`--jwt_secret_key: ${path} cannot be read (${why})`, { cause })
  }
}
