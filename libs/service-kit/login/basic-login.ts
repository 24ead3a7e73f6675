import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import type { Credential, Credentials } from './credentials.ts'

/** What a client that logs in sends as `Authorization`. */
export const basicAuthorization = ({ principal, secret }: Credential): string =>
  `Basic ${Buffer.from(`${principal}:${secret}`).toString('base64')}`

/** HTTP Basic authentication of one realm. */
export class BasicLogin {
  readonly realm: string
  /** What a refused request gets as `WWW-Authenticate`. */
  readonly challenge: string
  readonly #key = randomBytes(32)
  readonly #digests: ReadonlyMap<string, Buffer>
  readonly #nobody: Buffer

  constructor(realm: string, credentials: Credentials) {
    this.realm = realm
    this.challenge = `Basic realm="${realm.replaceAll(/["\\]/g, '')}"`
    this.#digests = new Map([...credentials].map(([principal, secret]) => [principal, this.#digest(secret)]))
    this.#nobody = randomBytes(32)
  }

  /** The realm of one user, as `--http_credentials user:password` of Marathon and Chronos gives it. */
  static ofUser(realm: string, userAndPassword: string): BasicLogin {
    const [user = '', ...password] = userAndPassword.split(':')
    return new BasicLogin(realm, new Map([[user, password.join(':')]]))
  }

  /** Who sent this `Authorization` header; undefined if it is missing, garbled or wrong. */
  principalOf(authorization: string | undefined): string | undefined {
    const [, token] = /^Basic +([A-Za-z\d+/]+={0,2}) *$/i.exec(authorization ?? '') ?? []
    if (token === undefined) return undefined
    const text = Buffer.from(token, 'base64').toString('utf8')
    const colon = text.indexOf(':')
    if (colon < 0) return undefined
    const principal = text.slice(0, colon)
    // Digests have one length, and an unknown principal costs as much as a wrong secret.
    const wanted = this.#digests.get(principal) ?? this.#nobody
    return timingSafeEqual(this.#digest(text.slice(colon + 1)), wanted) ? principal : undefined
  }

  #digest(secret: string): Buffer {
    return createHmac('sha256', this.#key).update(secret).digest()
  }
}
