/**
 * One TCP port for HTTP/1 and gRPC: the first bytes of a connection tell them apart, since HTTP/2 clients begin with a
 * fixed preface that is not a request of HTTP/1.
 */
import net from 'node:net'
import type http from 'node:http'

const PREFACE = Buffer.from('PRI * HTTP/2.0')

/** Milliseconds a connection may stay silent before it is told apart. */
const FIRST_BYTES_TIMEOUT_MS = 30_000

/** What serves HTTP/2 on connections that others have accepted. */
export type LinkAcceptor = { injectConnection(socket: net.Socket): void }

export type SharedPortOptions = {
  readonly httpServer: http.Server
  readonly links: LinkAcceptor
  readonly firstBytesTimeoutMs?: number
}

/** A server that hands each connection on; it is the caller's to listen on and to close. */
export function createSharedPortServer(options: SharedPortOptions): net.Server {
  const { httpServer, links, firstBytesTimeoutMs = FIRST_BYTES_TIMEOUT_MS } = options
  return net.createServer({ noDelay: true }, (socket) => {
    const drop = () => socket.destroy()
    let first = Buffer.alloc(0)

    const onReadable = () => {
      const chunk: unknown = socket.read()
      if (!Buffer.isBuffer(chunk)) return
      first = Buffer.concat([first, chunk])
      const compared = Math.min(first.length, PREFACE.length)
      const isGrpc = first.subarray(0, compared).equals(PREFACE.subarray(0, compared))
      if (isGrpc && first.length < PREFACE.length) return
      socket.off('readable', onReadable)
      socket.off('error', drop)
      socket.setTimeout(0)
      socket.off('timeout', drop)
      socket.unshift(first)
      if (isGrpc) links.injectConnection(socket)
      else httpServer.emit('connection', socket)
    }
    socket.on('error', drop)
    socket.setTimeout(firstBytesTimeoutMs, drop)
    socket.on('readable', onReadable)
  })
}
