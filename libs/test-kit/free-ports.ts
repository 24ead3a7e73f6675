/** Free ports, for servers that run beside each other and beside whatever else the machine does. */
import { createServer } from 'node:net'

/** Below the range of outgoing connections: one of those may take the port of a server that is being started again. */
const first = 15_000
const count = 16_000
const given = new Set<number>()

/** A port that nobody listens on, on any address, and that was not given before. */
export const freePort = (): Promise<number> => freePorts(1)

/** The first of `length` such ports in a row. */
export async function freePorts(length: number): Promise<number> {
  for (;;) {
    const start = first + Math.floor(Math.random() * (count - length))
    const row = Array.from({ length }, (_, index) => start + index)
    if (row.some((port) => given.has(port))) continue
    // Before the first wait: two clusters of one process may draw at the same time.
    for (const port of row) given.add(port)
    const free = await Promise.all(row.map(isFree))
    if (free.every(Boolean)) return start
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen({ host: '0.0.0.0', port, exclusive: true }, () => server.close(() => resolve(true)))
  })
}
