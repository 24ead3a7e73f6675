/** Listens where the flags say: HTTP, HTTPS, or both. */
import { listen, StartupError } from '@thermosphere/service-kit'
import type { Listening } from '@thermosphere/service-kit'
import type { RequestListener } from 'node:http'
import type { Server } from 'node:net'
import type { Config } from '../config.ts'
import { createHttpsServer } from './https.ts'

export async function serve(app: RequestListener, config: Config): Promise<Listening[]> {
  const { insecure, ssl_keystore_path: path, ssl_keystore_password: password } = config
  const authenticated = config.http_credentials !== undefined
  const open = (target: RequestListener | Server, scheme: 'http' | 'https'): Promise<Listening> =>
    listen({
      target,
      ip: scheme === 'http' ? config.http_address : (config.https_address ?? config.http_address),
      port: config[`${scheme}_port`],
      insecure,
      authenticated,
      flags: { ip: `--${scheme}_address`, port: `--${scheme}_port` },
    })
  if (config.disable_http && path === undefined) {
    throw new StartupError('nothing is left to listen on: --disable_http without --ssl_keystore_path')
  }
  const opened: Listening[] = []
  if (!config.disable_http) opened.push(await open(app, 'http'))
  if (path !== undefined) opened.push(await open(createHttpsServer(app, { path, password }), 'https'))
  return opened
}
