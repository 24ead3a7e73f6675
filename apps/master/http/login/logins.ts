import { BasicLogin, isReadByOthers, readCredentials } from '@thermosphere/service-kit'
import type { Logger } from '@thermosphere/service-kit'
import type { Config } from '../../config.ts'
import { plainStatus, sendText } from '../answers.ts'
import type { Exchange } from '../answers.ts'

/** Mesos' names of what people log in to. */
const realms = {
  scheduler: 'mesos-master-scheduler',
  readonly: 'mesos-master-readonly',
  readwrite: 'mesos-master-readwrite',
} as const

export type Realm = keyof typeof realms

/** A realm without a login takes everybody, as nobody in particular. */
export type Logins = Readonly<Record<Realm, BasicLogin | undefined>>

/** Throws StartupError when a realm is to be closed and the credentials cannot be had. */
export function openLogins(config: Config): Logins {
  const credentials =
    config.credentials === undefined ? undefined : readCredentials('--credentials', config.credentials)
  const login = (realm: Realm, isClosed: boolean): BasicLogin | undefined =>
    isClosed && credentials ? new BasicLogin(realms[realm], credentials) : undefined
  return {
    scheduler: login('scheduler', config.authenticate_http_frameworks),
    readonly: login('readonly', config.authenticate_http_readonly),
    readwrite: login('readwrite', config.authenticate_http_readwrite),
  }
}

/** An operator shall not find out from somebody else that the doors are open. */
export function warnOfOpenDoors(config: Config, logins: Logins, logger: Logger): void {
  const { scheduler, readonly, readwrite } = logins
  const all = [
    [scheduler, realms.scheduler],
    [readonly, realms.readonly],
    [readwrite, realms.readwrite],
  ] as const
  const open = all.flatMap(([login, realm]) => (login ? [] : [realm]))
  if (open.length > 0)
    logger.warn({ ip: config.ip, realms: open, help: '--credentials and --authenticate_http_*' }, 'access.open')
  if (config.acls?.permissive === false)
    logger.warn({ open: 'views, logs, flags and registrations of agents' }, 'access.rules-not-complete')
  if (config.credentials !== undefined && isReadByOthers(config.credentials))
    logger.warn({ path: config.credentials }, 'credentials.readable-by-others')
}

export type Admission = { readonly principal?: string }

/** Who asks; undefined after the refusal was sent. */
export function admit(login: BasicLogin | undefined, { request, response }: Exchange): Admission | undefined {
  if (login === undefined) return {}
  const principal = login.principalOf(request.headers.authorization)
  if (principal !== undefined) return { principal }
  response.setHeader('WWW-Authenticate', login.challenge)
  sendText(response, 401, plainStatus(401))
  return undefined
}
