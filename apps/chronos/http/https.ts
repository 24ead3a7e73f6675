/** The HTTPS server, when a key store is configured: PKCS#12, or PEM with the key and its certificates. */
import { errorMessage } from '@thermosphere/effects'
import { HTTP_LIMITS } from '@thermosphere/service-kit'
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
    const server = createServer(
      {
        ...(isPem ? { key: content, cert: content } : { pfx: content }),
        ...passphrase,
        maxHeaderSize: HTTP_LIMITS.headerBytesMax,
        requestTimeout: HTTP_LIMITS.requestTimeoutMs,
        headersTimeout: HTTP_LIMITS.headersTimeoutMs,
        keepAliveTimeout: HTTP_LIMITS.keepAliveTimeoutMs,
        noDelay: true,
      },
      app,
    )
    server.maxConnections = HTTP_LIMITS.connectionsMax
    return server
  } catch (cause) {
    const reason = errorMessage(cause)
    throw new Error(`the key store ${path} cannot be used: ${reason}`, { cause })
  }
}
