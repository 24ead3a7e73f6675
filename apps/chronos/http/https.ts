/** The HTTPS server, when a key store is configured: PKCS#12, or PEM with the key and its certificates. */
import { errorMessage } from '@thermosphere/effects'
import { HTTP_LIMITS, serverOptions } from '@thermosphere/service-kit'
import { readFileSync } from 'node:fs'
import type { RequestListener } from 'node:http'
import { createServer } from 'node:https'
import type { Server } from 'node:https'

export type KeyStore = { readonly path: string; readonly password: string | undefined }

/** Not yet listening. Throws with the path when the key store cannot be used. */
export function createHttpsServer(app: RequestListener, { path, password }: KeyStore): Server {
  const content = readFileSync(path)
  const isPem = content.includes('-----BEGIN ')
  const passphrase = password === undefined ? {} : { passphrase: password }
  try {
    const keys = isPem ? { key: content, cert: content } : { pfx: content }
    const server = createServer({ ...keys, ...passphrase, ...serverOptions(HTTP_LIMITS) }, app)
    server.maxConnections = HTTP_LIMITS.connectionsMax
    return server
  } catch (cause) {
    throw new Error(`the key store ${path} cannot be used: ${errorMessage(cause)}`, { cause })
  }
}
