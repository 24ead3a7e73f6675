import { addresses } from '../addresses.ts'
import { getJson, openStream } from '../http.ts'
import { RecordDecoder } from '../record-stream.ts'
import { operatorEventSchema, stateSummarySchema } from '../schemas/mesos.ts'
import type { OperatorEvent } from '../schemas/mesos.ts'

/** Follows the master's operator stream; each event goes to `onEvents` in the batches the network delivers. */
export async function followCluster(options: {
  signal: AbortSignal
  heard: () => void
  onEvents: (events: OperatorEvent[]) => void
}): Promise<void> {
  const body = await openStream(addresses.mesos.operator, {
    method: 'POST',
    body: { type: 'SUBSCRIBE' },
    signal: options.signal,
  })
  const decoder = new RecordDecoder()
  for await (const chunk of body) {
    const events = decoder.push(chunk).flatMap(parseEvent)
    if (events.length === 0) continue
    options.onEvents(events)
    options.heard()
  }
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
