import { z } from '../zod.ts'
import { addresses } from '../addresses.ts'
import { getJson } from '../http.ts'
import { operatorEventSchema, snapshotSchema, stateSummarySchema } from '../schemas/mesos.ts'
import type { OperatorEvent } from '../schemas/mesos.ts'
import { followStream } from '../streams/follow-stream.ts'

/** Follows the master's operator stream; each event goes to `onEvents` in the batches the network delivers. */
export function followCluster(options: {
  signal: AbortSignal
  heard: () => void
  onEvents: (events: OperatorEvent[]) => void
}): Promise<never> {
  const request = { url: addresses.mesos.operator, framing: 'records', body: { type: 'SUBSCRIBE' } } as const
  return followStream(request, {
    signal: options.signal,
    onOpen: async (isFresh) => {
      if (isFresh) return
      // Another tab got the snapshot that the stream began with. Events between this one and now are applied twice: harmless.
      options.onEvents([{ type: 'SUBSCRIBED', subscribed: { get_state: await readSnapshot(options.signal) } }])
      options.heard()
    },
    onItems: (items) => {
      const events = items.flatMap((item) => parseEvent(item.data))
      if (events.length === 0) return
      options.onEvents(events)
      options.heard()
    },
  })
}

const getStateSchema = z.object({ get_state: snapshotSchema })

async function readSnapshot(signal: AbortSignal) {
  const call = { method: 'POST', body: { type: 'GET_STATE' }, signal } as const
  return (await getJson(addresses.mesos.operator, getStateSchema, call)).get_state
}

/** A kind of event this dashboard does not know is skipped: a newer master may send more. */
function parseEvent(record: string): OperatorEvent[] {
  const parsed = operatorEventSchema.safeParse(JSON.parse(record))
  if (parsed.success) return [parsed.data]
  if (record.startsWith('{"type":"SUBSCRIBED"'))
    throw new Error(`The master's snapshot cannot be read: ${parsed.error.message}`)
  return []
}

/** What has no events: lost agents and offers. Small, and asked for on each heartbeat of the stream. */
export const readSummary = (signal?: AbortSignal) => getJson(addresses.mesos.summary, stateSummarySchema, { signal })
