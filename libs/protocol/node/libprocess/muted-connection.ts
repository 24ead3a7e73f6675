/**
 * Connections of C++ processes. They send messages as requests and expect no answers: those of their early versions
 * take an answer for a broken request and hang up. The first request tells them by its `User-Agent`.
 */
import type net from 'node:net'
import { Duplex } from 'node:stream'
import { LIBPROCESS_HEAD_BYTES_MAX } from './limits.ts'

const begin = Buffer.from('POST /')
const requestLine = /^POST (?:\/[^ /]*)?\/mesos\.[\w.]+ HTTP\/1\.\d$/
const sender = /\r\nuser-agent:[ \t]*libprocess\//i

/** Whether the first bytes of a connection are such a message; undefined while they are too few to tell. */
export function expectsNoAnswers(first: Buffer): boolean | undefined {
  const compared = Math.min(first.length, begin.length)
  if (!first.subarray(0, compared).equals(begin.subarray(0, compared))) return false
  const lineEnd = first.indexOf('\r\n')
  const isLong = first.length > LIBPROCESS_HEAD_BYTES_MAX
  if (lineEnd < 0) return isLong ? false : undefined
  if (!requestLine.test(first.toString('latin1', 0, lineEnd))) return false
  const headEnd = first.indexOf('\r\n\r\n')
  if (headEnd < 0) return isLong ? false : undefined
  return sender.test(first.toString('latin1', 0, headEnd))
}

/** The connection as a server of HTTP may have it: what it answers goes nowhere, and it never finds it idle. */
export function mutedConnection(socket: net.Socket): Duplex {
  const muted = new Duplex({
    read: () => void socket.resume(),
    write: (_chunk, _encoding, done) => done(),
    final: (done) => {
      socket.end()
      done()
    },
    destroy: (error, done) => {
      socket.destroy()
      done(error)
    },
  })
  socket.on('data', (chunk: Buffer) => {
    if (!muted.push(chunk)) socket.pause()
  })
  socket.once('end', () => muted.push(null))
  socket.once('error', () => muted.destroy())
  socket.once('close', () => muted.destroy())
  return muted
}
