/**
 * What a Marathon that does not lead answers: everything is handed on to the leader, event streams are sent there.
 * While leadership changes hands it waits a moment, and as long as its own term opens.
 */
import { Forwarder } from '@thermosphere/service-kit'
import type { ForwardFailure } from '@thermosphere/service-kit'
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Config } from '../config.ts'
import { leaderAsksMax, leaderAskMs, proxiedMax } from '../limits.ts'

export type StandbyOptions = {
  readonly config: Config
  /** `host:port` of this instance and of whoever leads. */
  readonly self: () => string
  readonly leader: () => string | undefined
  /** The leader's own API, once its term is open here. */
  readonly term: () => RequestListener | undefined
}

const texts: Readonly<Record<ForwardFailure, { readonly status: number; readonly text: string }>> = {
  'no-leader': { status: 502, text: 'Could not determine the current leader' },
  refused: { status: 502, text: 'Connection to leader refused.' },
  loop: { status: 502, text: 'Detected proxying loop.' },
  timeout: { status: 500, text: 'The leader does not answer in time.' },
  failed: { status: 500, text: 'The connection to the leader failed.' },
}

/** Handles every request of a Marathon, whoever leads. Marathon: leader proxying. */
export function createDoor(options: StandbyOptions): RequestListener {
  const { config, self, term } = options
  const forwarder = new Forwarder({
    via: { header: 'X-Marathon-Via', entry: () => `1.1 ${self()}` },
    answerVia: true,
    connectTimeoutMs: config.leader_proxy_connection_timeout,
    answerTimeoutMs: config.leader_proxy_read_timeout,
    connectionsMax: proxiedMax,
    refuse: (failure, _request, response) => refuse(failure, response),
  })
  const pass = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const leader = await awaitLeader(options, response)
    if (response.destroyed) return
    const own = term()
    if (own !== undefined) own(request, response)
    else if (leader === undefined) refuse('no-leader', response)
    else if (request.url?.startsWith('/v2/events') === true) redirect(response, `${leader}${request.url}`)
    else forwarder.forward(request, response, leader)
  }
  return (request, response) => {
    const own = term()
    if (own !== undefined) own(request, response)
    else pass(request, response).catch(() => response.destroy())
  }
}

/** The base URL of another instance that leads; undefined when this one does or nobody is found in time. */
async function awaitLeader(options: StandbyOptions, response: ServerResponse): Promise<string | undefined> {
  const { config, self, leader, term } = options
  const openingUntil = performance.now() + config.on_elected_prepare_timeout
  for (let asks = 0; asks < leaderAsksMax;) {
    if (term() !== undefined || response.destroyed) return undefined
    const found = leader()
    if (found !== undefined && found !== self()) return `http://${found}`
    const isOpening = found !== undefined && performance.now() < openingUntil
    if (!isOpening) asks++
    await sleep(leaderAskMs)
  }
  return undefined
}

function redirect(response: ServerResponse, location: string): void {
  response.writeHead(302, { Location: location, 'Cache-Control': 'no-cache, no-store, must-revalidate' })
  response.end()
}

function refuse(failure: ForwardFailure, response: ServerResponse): void {
  const { status, text } = texts[failure]
  response.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8', 'Retry-After': '1' })
  response.end(text)
}
