import { openLogin, readCredentials, warnIfReadByOthers, warnOfOpenRealms } from '@thermosphere/service-kit'
import type { BasicLogin, Logger, Realm } from '@thermosphere/service-kit'
import type { Config } from '../../config.ts'
import { plainStatus, sendText } from '../answers.ts'
import type { Exchange } from '../answers.ts'

/** What people log in to, under Mesos' names. */
const masterRealms = (config: Config) =>
  ({
    scheduler: { name: 'mesos-master-scheduler', isClosed: config.authenticate_http_frameworks },
    readonly: { name: 'mesos-master-readonly', isClosed: config.authenticate_http_readonly },
    readwrite: { name: 'mesos-master-readwrite', isClosed: config.authenticate_http_readwrite },
  }) satisfies Record<string, Realm>

export type RealmName = keyof ReturnType<typeof masterRealms>

/** A realm without a login takes everybody, as nobody in particular. */
export type Logins = Readonly<Record<RealmName, BasicLogin | undefined>>

/** Throws StartupError when a realm is to be closed and the credentials cannot be had. */
export function openLogins(config: Config): Logins {
  const credentials =
    config.credentials === undefined ? undefined : readCredentials('--credentials', config.credentials)
  const { scheduler, readonly, readwrite } = masterRealms(config)
  return {
    scheduler: openLogin(scheduler, credentials),
    readonly: openLogin(readonly, credentials),
    readwrite: openLogin(readwrite, credentials),
  }
}

export function warnOfOpenDoors(config: Config, logger: Logger): void {
  const help = '--credentials and --authenticate_http_*'
  warnOfOpenRealms(Object.values(masterRealms(config)), { ip: config.ip, help, logger })
  if (config.acls?.permissive === false && config.acls['register_agents'] === undefined)
    logger.warn({ help: '--acls: register_agents for principals ANY' }, 'access.no-agent-may-join')
  warnIfReadByOthers(config.credentials, logger)
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
