/** What a standby hands on to the leader, and how it refuses what it cannot: 503, in the words of either generation. */
import { Forwarder } from '@thermosphere/service-kit'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { connectTimeoutMs, forwardsMax, forwardTimeoutMs } from '../limits.ts'

export const createForwarder = (): Forwarder =>
  new Forwarder({
    // A standby that asks a standby is a loop: leadership is changing hands just now.
    via: { header: 'via', entry: () => '1.1 chronos' },
    connectTimeoutMs,
    answerTimeoutMs: forwardTimeoutMs,
    connectionsMax: forwardsMax,
    refuse: (_failure, request, response) => refuse(request, response),
  })

function refuse(request: IncomingMessage, response: ServerResponse): void {
  const message = 'No leader elected or leader unreachable'
  const isOld = request.url?.startsWith('/scheduler') ?? false
  response.writeHead(503, {
    'Content-Type': isOld ? 'text/plain' : 'application/json',
    'Access-Control-Allow-Origin': '*',
    'Retry-After': '1',
  })
  response.end(isOld ? message : JSON.stringify({ message, status: 'Service Unavailable' }))
}
