/** Who the gateway is to masters and agents. */
import { basicAuthorization, readCredential, warnIfReadByOthers } from '@thermosphere/service-kit'
import type { Logger } from '@thermosphere/service-kit'

/** Values of `Authorization`. */
export type OwnLogins = { readonly masters: string | undefined; readonly agents: string | undefined }

type Files = { readonly credential: string | undefined; readonly agent_credential: string | undefined }

/** Throws StartupError for a file that is not as it should be. */
export function readOwnLogins(files: Files, logger: Logger): OwnLogins {
  const read = (flag: keyof Files): string | undefined => {
    const path = files[flag]
    if (path === undefined) return undefined
    const credential = readCredential(`--${flag}`, path)
    warnIfReadByOthers(path, logger)
    // The gateway itself asks nobody to log in.
    logger.warn({ principal: credential.principal, flag }, 'access.login-lent')
    return basicAuthorization(credential)
  }
  return { masters: read('credential'), agents: read('agent_credential') }
}
