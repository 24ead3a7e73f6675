import type { Asker } from '@thermosphere/agent-core'
import { HttpError, openLogin, readCredentials, warnIfReadByOthers, warnOfOpenRealms } from '@thermosphere/service-kit'
import type { BasicLogin, Logger, Realm } from '@thermosphere/service-kit'
import type { Config } from '../../config.ts'
import type { ExecutorTokens } from '../../shell/executors/executor-tokens.ts'

/** What people and executors log in to, under Mesos' names. */
const agentRealms = (config: Config) =>
  ({
    readonly: { name: 'mesos-agent-readonly', isClosed: config.authenticate_http_readonly },
    readwrite: { name: 'mesos-agent-readwrite', isClosed: config.authenticate_http_readwrite },
    executor: { name: 'mesos-agent-executor', isClosed: config.authenticate_http_executors },
  }) satisfies Record<string, Realm>

export type RealmName = keyof ReturnType<typeof agentRealms>

export const hasOpenRealm = (config: Config): boolean =>
  Object.values(agentRealms(config)).some((realm) => !realm.isClosed)

export function warnOfOpenDoors(config: Config, logger: Logger): void {
  const help = '--http_credentials, --jwt_secret_key and --authenticate_http_*'
  warnOfOpenRealms(Object.values(agentRealms(config)), { ip: config.ip, help, logger })
  warnIfReadByOthers(config.http_credentials, logger)
  warnIfReadByOthers(config.jwt_secret_key, logger)
}

/** One way to show who one is. */
type Check = {
  readonly scheme: 'Basic' | 'Bearer'
  check(authorization: string | undefined): Asker | { readonly type: 'refused'; readonly challenge: string }
}

/** The ways in, any of which will do; without one everybody may enter. */
export type Door = readonly Check[]
export type Doors = Readonly<Record<RealmName, Door>>

/** Throws StartupError when a realm is to be closed and the credentials cannot be had. */
export function openDoors(config: Config, tokens: ExecutorTokens | undefined): Doors {
  const { http_credentials: path } = config
  const credentials = path === undefined ? undefined : readCredentials('--http_credentials', path)
  const { readonly, readwrite, executor } = agentRealms(config)
  // Executors use the operator API for containers of their own: with the token that they have to show elsewhere.
  const tokensOfAll = executor.isClosed ? tokens : undefined
  return {
    readonly: doorOf(readonly, openLogin(readonly, credentials), tokensOfAll),
    readwrite: doorOf(readwrite, openLogin(readwrite, credentials), tokensOfAll),
    executor: doorOf(executor, undefined, tokensOfAll),
  }
}

function doorOf({ name, isClosed }: Realm, login: BasicLogin | undefined, tokens: ExecutorTokens | undefined): Door {
  if (!isClosed) return []
  return [...(login ? [basicCheck(login)] : []), ...(tokens ? [bearerCheck(name, tokens)] : [])]
}

const basicCheck = (login: BasicLogin): Check => ({
  scheme: 'Basic',
  check: (authorization) => {
    const principal = login.principalOf(authorization)
    return principal === undefined ? { type: 'refused', challenge: login.challenge } : { type: 'principal', principal }
  },
})

/** RFC 6750: who sent no token is told of the realm alone. */
const bearerCheck = (realm: string, tokens: ExecutorTokens): Check => ({
  scheme: 'Bearer',
  check: (authorization) => {
    const challenge = `Bearer realm="${realm}"`
    if (authorization === undefined) return { type: 'refused', challenge }
    const [, token] = /^Bearer +([\w.~+/-]+=*) *$/i.exec(authorization) ?? []
    const claims = token === undefined ? undefined : tokens.read(token)
    if (claims) return { type: 'executor', claims }
    const why = token === undefined ? 'there is no bearer token' : 'the token is not one of this agent'
    return { type: 'refused', challenge: `${challenge}, error="invalid_token", error_description="${why}"` }
  },
})

/** Who enters. Throws the refusal, which tells of every way in. */
export function enter(door: Door, authorization: string | undefined): Asker {
  if (door.length === 0) return { type: 'anybody' }
  const challenges: string[] = []
  for (const way of door) {
    const asker = way.check(authorization)
    if (asker.type !== 'refused') return asker
    challenges.push(asker.challenge)
  }
  const body = '401 Unauthorized.'
  const bodies = door.map(({ scheme }) => `"${scheme}" authenticator returned:\n${body}`)
  throw new HttpError(401, door.length === 1 ? body : bodies.join('\n\n'), {
    headers: { 'WWW-Authenticate': challenges.join(',') },
  })
}
