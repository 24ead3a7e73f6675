/**
 * One TCP port for HTTP/1 and gRPC: the first bytes of a connection tell them apart, since HTTP/2 clients begin with a
 * fixed preface that is not a request of HTTP/1. Processes of libprocess speak HTTP/1 too, some deaf to answers.
 */
import net from 'node:net'
import type http from 'node:http'
import { expectsNoAnswers, mutedConnection } from '../libprocess/index.ts'

const PREFACE = Buffer.from('PRI * HTTP/2.0')

/** Milliseconds a connection may stay silent before it is told apart. */
const FIRST_BYTES_TIMEOUT_MS = 30_000

/** What serves HTTP/2 on connections that others have accepted. */
export type LinkAcceptor = { injectConnection(socket: net.Socket): void }

export type SharedPortOptions = {
  readonly httpServer: http.Server
  /** Connections of gRPC are cut without it. */
  readonly links?: LinkAcceptor
  readonly firstBytesTimeoutMs?: number
}

export type SharedPortServer = net.Server & { closeIdleConnections(): void }

/** A server that hands each connection on; it is the caller's to listen on and to close. */
export function createSharedPortServer(options: SharedPortOptions): SharedPortServer {
  const { httpServer, links, firstBytesTimeoutMs = FIRST_BYTES_TIMEOUT_MS } = options
  const server = net.createServer({ noDelay: true }, (socket) => {
    const drop = () => socket.destroy()
    let first = Buffer.alloc(0)

    const onReadable = () => {
      const chunk: unknown = socket.read()
      if (!Buffer.isBuffer(chunk)) return
      first = Buffer.concat([first, chunk])
      const spoken = protocolOf(first)
      if (spoken === undefined) return
      socket.off('readable', onReadable)
      socket.off('error', drop)
      socket.setTimeout(0)
      socket.off('timeout', drop)
      socket.unshift(first)
      if (spoken !== 'gRPC') httpServer.emit('connection', spoken === 'HTTP' ? socket : mutedConnection(socket))
      else if (links) links.injectConnection(socket)
      else socket.destroy()
    }
    socket.on('error', drop)
    socket.setTimeout(firstBytesTimeoutMs, drop)
    socket.on('readable', onReadable)
  })
  // Node keeps account of connections once its server listens; without it none is cut for being slow, or found idle.
  server.on('listening', () => httpServer.emit('listening'))
  return Object.assign(server, { closeIdleConnections: () => httpServer.closeIdleConnections() })
}

/** Undefined while the bytes are too few to tell. */
function protocolOf(first: Buffer): 'gRPC' | 'HTTP' | 'HTTP without answers' | undefined {
  const compared = Math.min(first.length, PREFACE.length)
  if (first.subarray(0, compared).equals(PREFACE.subarray(0, compared)))
    return first.length < PREFACE.length ? undefined : 'gRPC'
  const isMuted = expectsNoAnswers(first)
  return isMuted === undefined ? undefined : isMuted ? 'HTTP without answers' : 'HTTP'
}
