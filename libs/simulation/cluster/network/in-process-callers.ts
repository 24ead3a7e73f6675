/** Which part of this process opened a connection: each runs in a context of its own, which its sockets inherit. */
import { AsyncLocalStorage } from 'node:async_hooks'
import { subscribe } from 'node:diagnostics_channel'
import type { Socket } from 'node:net'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { madeConnection } from './connection.ts'
import type { FindCaller } from './network.ts'

const running = new AsyncLocalStorage<string>()
const callers = new Map<string, string>()
/** The server's side may hear of a connection before its client's side does. */
const turnsMax = 20

let isWatching = false

function watch(): void {
  if (isWatching) return
  isWatching = true
  subscribe('net.client.socket', (message) => {
    const name = running.getStore()
    if (name === undefined) return
    // The channel's documented message: `{ socket: net.Socket }`.
    const { socket } = message as { readonly socket: Socket }
    socket.once('connect', () => {
      const connection = madeConnection(socket)
      callers.set(connection, name)
      socket.once('close', () => callers.delete(connection))
    })
  })
}

/** Runs `work` and all that follows from it as the part `name`. */
export function asPart<T>(name: string, work: () => T): T {
  watch()
  return running.run(name, work)
}

export const findInProcess: FindCaller = async (connection) => {
  for (let turn = 0; turn < turnsMax && !callers.has(connection); turn++) await nextTurn()
  return callers.get(connection)
}
