import { createServer } from 'node:http'
import type { RequestListener, Server as HttpServer } from 'node:http'
import { BlockList, isIP, Server as NetServer } from 'node:net'
import type { Socket } from 'node:net'
import { StartupError } from '../lifecycle/startup-error.ts'
import type { HttpLimits } from './limits.ts'
import { HTTP_LIMITS } from './limits.ts'

/** What a server is made with, so that it keeps the limits of a request. */
export const serverOptions = (limits: HttpLimits) => ({
  maxHeaderSize: limits.headerBytesMax,
  requestTimeout: limits.requestTimeoutMs,
  headersTimeout: limits.headersTimeoutMs,
  keepAliveTimeout: limits.keepAliveTimeoutMs,
  noDelay: true,
})

/** An HTTP server with the limits set; not yet listening. */
export function createHttpServer(handler: RequestListener, overrides: Partial<HttpLimits> = {}): HttpServer {
  const limits = { ...HTTP_LIMITS, ...overrides }
  const server = createServer(serverOptions(limits), handler)
  server.maxConnections = limits.connectionsMax
  return server
}

export type ListenOptions = {
  /** An Express app (or any request listener), or a server made elsewhere. */
  readonly target: RequestListener | NetServer
  readonly ip: string
  readonly port: number
  /** The operator said `--insecure`. */
  readonly insecure: boolean
  /** Every request must log in. */
  readonly authenticated: boolean
  readonly limits?: Partial<HttpLimits>
  /** The flags that error texts name. */
  readonly flags?: { readonly ip: string; readonly port: string }
}

export type Listening = {
  readonly port: number
  readonly server: NetServer
  /** Takes no new connections, lets running requests finish for `graceMs` (default 2 s), then ends them. */
  close(graceMs?: number): Promise<void>
}

const GRACE_MS = 2_000
/**
 * Connections that wait to be accepted; the system allows fewer if its `net.core.somaxconn` is less. What does not fit
 * is tried again by the caller's system after 1, 3 and 7 s: with Node's 511, thousands of agents took half a minute.
 */
const BACKLOG_CONNECTIONS = 65_535
const loopback = new BlockList()
loopback.addSubnet('127.0.0.0', 8, 'ipv4')
loopback.addAddress('::1', 'ipv6')

/** Whether only this machine reaches the address. */
export function isLoopback(ip: string): boolean {
  if (ip === 'localhost') return true
  const version = isIP(ip)
  return version !== 0 && loopback.check(ip, version === 6 ? 'ipv6' : 'ipv4')
}

/** Starts listening. Throws StartupError, whose message is one clear sentence, when that cannot be. */
export async function listen(options: ListenOptions): Promise<Listening> {
  const flags = options.flags ?? { ip: '--ip', port: '--port' }
  if (!isLoopback(options.ip) && !options.authenticated && !options.insecure) {
    throw new StartupError(
      `${options.ip} can be reached from other machines and nobody has to log in; ` +
        `listen on 127.0.0.1 with ${flags.ip}, set up authentication, or accept the risk with --insecure`,
    )
  }
  const server = options.target instanceof NetServer ? options.target : createHttpServer(options.target, options.limits)
  const sockets = trackSockets(server)
  await bind(server, options, flags)
  const address = server.address()
  if (address === null || typeof address === 'string') throw new StartupError('the server has no TCP address')
  return { port: address.port, server, close: (graceMs = GRACE_MS) => closeServer(server, sockets, graceMs) }
}

function bind(server: NetServer, options: ListenOptions, flags: { ip: string; port: string }): Promise<void> {
  return new Promise((resolve, reject) => {
    const onError = (error: NodeJS.ErrnoException): void => reject(listenError(error, options, flags))
    server.once('error', onError)
    server.listen({ host: options.ip, port: options.port, backlog: BACKLOG_CONNECTIONS }, () => {
      server.off('error', onError)
      resolve()
    })
  })
}

function listenError(
  error: NodeJS.ErrnoException,
  { ip, port }: ListenOptions,
  flags: { ip: string; port: string },
): Error {
  const say = (text: string): StartupError => new StartupError(text, { cause: error })
  switch (error.code) {
    case 'EADDRINUSE':
      return say(`port ${port} on ${ip} is in use; stop the other process or choose another with ${flags.port}`)
    case 'EACCES':
      return say(
        `listening on port ${port} is not permitted; run as root or choose a port above 1023 with ${flags.port}`,
      )
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EINVAL':
      return say(`${ip} is not an address of this machine; choose another with ${flags.ip}`)
    default:
      return say(`cannot listen on ${ip}:${port}: ${error.message}`)
  }
}

function trackSockets(server: NetServer): ReadonlySet<Socket> {
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  return sockets
}

function closeServer(server: NetServer, sockets: ReadonlySet<Socket>, graceMs: number): Promise<void> {
  if (!server.listening) return Promise.resolve()
  return new Promise((resolve) => {
    const cut = setTimeout(() => {
      for (const socket of sockets) socket.destroy()
    }, graceMs)
    server.close(() => {
      clearTimeout(cut)
      resolve()
    })
    if ('closeIdleConnections' in server && typeof server.closeIdleConnections === 'function')
      server.closeIdleConnections()
  })
}
