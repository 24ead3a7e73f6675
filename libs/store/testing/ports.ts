import { createServer } from 'node:net'

/** Below the range from which the system hands out ports by itself, so that a port is still free after a restart. */
const FIRST = 20_000
const COUNT = 12_000
const given = new Set<number>()

/** A port on 127.0.0.1 that nobody listens on and that was not given before. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = FIRST + Math.floor(Math.random() * COUNT)
    if (!given.has(port) && (await isFree(port))) {
      given.add(port)
      return port
    }
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })
}
