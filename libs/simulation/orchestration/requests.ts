/** Clients over the network: each attempt is a connection of its own to some process of the group. */
import type { Random } from '@thermosphere/effects'
import { SimProcess } from '../kernel/index.ts'
import type { Network, VirtualTime } from '../kernel/index.ts'
import { Clients } from '../workload/clients.ts'
import type { Memory } from '../workload/memory.ts'
import type { ClientRequest } from '../workload/requests.ts'

export type ToApi<Request> = { readonly request: Request }

export type ClientsWorld = {
  readonly time: VirtualTime
  readonly network: Network
  readonly random: Random
  readonly requests: readonly ClientRequest[]
  readonly memory: Memory
  readonly members: Readonly<Record<'marathon' | 'chronos', readonly string[]>>
}

const timeoutMs = 10_000

/** Returns what tells whether every request was answered for good. */
export function startClients({ time, network, random, requests, memory, members }: ClientsWorld): () => boolean {
  const process = new SimProcess({ name: 'clients', time })
  const clients = new Clients({
    requests: requests.filter(({ to }) => members[to].length > 0),
    memory,
    after: (ms, run) => void process.after(ms, run),
    send: ({ to, request }, done) => {
      const names = members[to]
      attempt({ process, network, to: names[random.integer(names.length)] ?? '' }, request, done)
    },
  })
  clients.start()
  return () => clients.isDone
}

type Way = { readonly process: SimProcess; readonly network: Network; readonly to: string }

function attempt({ process, network, to }: Way, request: object, done: (status: number | undefined) => void): void {
  let isOver = false
  const finish = (status: number | undefined): void => {
    if (isOver) return
    isOver = true
    line.close()
    done(status)
  }
  const line = network.connect<number, ToApi<object>>(process, `${to}/api`, {
    onMessage: finish,
    onClose: () => finish(undefined),
  })
  line.send({ request })
  process.after(timeoutMs, () => finish(undefined))
}
