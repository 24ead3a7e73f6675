/**
 * A connection's name, as `127.0.0.1:40000 > 127.0.0.3:5050`: the caller's address and the one it calls. The caller's
 * port alone may be that of several connections, or of one that has ended and is remembered for a minute.
 */
import type { Socket } from 'node:net'

const localOf = ({ localAddress, localPort }: Socket): string => `${localAddress}:${localPort}`
const remoteOf = ({ remoteAddress, remotePort }: Socket): string => `${remoteAddress}:${remotePort}`

/** Of a socket that was connected here. */
export const madeConnection = (socket: Socket): string => `${localOf(socket)} > ${remoteOf(socket)}`

/** Of a socket that was accepted here. */
export const acceptedConnection = (socket: Socket): string => `${remoteOf(socket)} > ${localOf(socket)}`
