/** Free ports, for clusters that run beside each other and beside whatever else the machine does. */
import { createServer } from 'node:net'

const listenOn = (port: number): Promise<ReturnType<typeof createServer>> =>
  new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen({ host: '127.0.0.1', port, exclusive: true }, () => resolve(server))
  })

const isFree = async (port: number): Promise<boolean> => {
  try {
    const server = await listenOn(port)
    await new Promise((resolve) => server.close(resolve))
    return true
  } catch {
    return false
  }
}

/** Handed out by this process: whoever asked may not listen on them yet. */
const handedOut = new Set<number>()

/**
 * The first of `count` ports in a row that are all free. Below the range of outgoing connections: there, one of those
 * may take the port of a part that is just being started again.
 */
export async function freePorts(count: number): Promise<number> {
  for (;;) {
    const first = 20_000 + Math.floor(Math.random() * 10_000)
    const row = Array.from({ length: count }, (_, index) => first + index)
    if (row.some((port) => handedOut.has(port))) continue
    for (const port of row) handedOut.add(port)
    const all = await Promise.all(row.map(isFree))
    if (all.every(Boolean)) return first
  }
}
