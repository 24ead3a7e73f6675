import { readFileSync } from 'node:fs'
import type { Logger } from '../lifecycle/logger.ts'
import type { Credential } from './credentials.ts'

type FrameworkLogin = {
  readonly principal: string | undefined
  readonly secret?: string | undefined
  /** Read for each login, so that it can be replaced. */
  readonly secretFile: string | undefined
}

/** What a framework logs in to its master with; throws when the file cannot be read, and logs why. */
export function frameworkCredential(login: FrameworkLogin, logger: Logger): Credential | undefined {
  const { principal, secretFile } = login
  if (principal === undefined) return undefined
  try {
    const secret = secretFile === undefined ? login.secret : readFileSync(secretFile, 'utf8').trimEnd()
    return secret === undefined ? undefined : { principal, secret }
  } catch (err) {
    logger.error({ err, secretFile }, 'login.unreadable')
    throw err
  }
}
