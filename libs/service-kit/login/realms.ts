import type { Logger } from '../lifecycle/logger.ts'
import { BasicLogin } from './basic-login.ts'
import { isReadByOthers } from './credentials.ts'
import type { Credentials } from './credentials.ts'

/** What people log in to, by the name that they are told; open to everybody unless it is closed. */
export type Realm = { readonly name: string; readonly isClosed: boolean }

/** The login of a closed realm. */
export const openLogin = ({ name, isClosed }: Realm, credentials: Credentials | undefined): BasicLogin | undefined =>
  isClosed && credentials ? new BasicLogin(name, credentials) : undefined

type Surroundings = { readonly ip: string; readonly help: string; readonly logger: Logger }

/** An operator shall not find out from somebody else that the doors are open. */
export function warnOfOpenRealms(realms: readonly Realm[], { ip, help, logger }: Surroundings): void {
  const open = realms.filter(({ isClosed }) => !isClosed).map(({ name }) => name)
  if (open.length > 0) logger.warn({ ip, realms: open, help }, 'access.open')
}

/** Of a file with secrets. */
export function warnIfReadByOthers(path: string | undefined, logger: Logger): void {
  if (path !== undefined && isReadByOthers(path)) logger.warn({ path }, 'credentials.readable-by-others')
}
