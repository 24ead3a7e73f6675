/** Marathon's event stream as it was told, in order. */
import type { Cluster } from './cluster.ts'

type Action = { readonly action: string; readonly app: string }

export type MarathonEvent = {
  readonly eventType: string
  readonly id?: string
  readonly appId?: string
  readonly taskId?: string
  readonly taskStatus?: string
  readonly instanceId?: string
  readonly condition?: string
  readonly runSpecId?: string
  readonly currentStep?: { readonly actions: readonly Action[] }
  readonly plan?: { readonly id: string }
}

export class EventLog {
  readonly events: MarathonEvent[] = []
  readonly #abort = new AbortController()

  static async open(cluster: Cluster): Promise<EventLog> {
    const log = new EventLog()
    const answer = await fetch(`${cluster.url('marathon')}/v2/events`, {
      headers: { accept: 'text/event-stream' },
      signal: log.#abort.signal,
    })
    if (!answer.ok || answer.body === null) throw new Error(`/v2/events: ${answer.status}`)
    log.#read(answer.body).catch((error: unknown) => {
      if (!log.#abort.signal.aborted) throw error
    })
    return log
  }

  async #read(body: ReadableStream<Uint8Array>): Promise<void> {
    const decoder = new TextDecoder()
    let pending = ''
    for await (const chunk of body) {
      pending += decoder.decode(chunk, { stream: true })
      const frames = pending.split('\r\n\r\n')
      pending = frames.pop() ?? ''
      for (const frame of frames) this.#take(frame)
    }
  }

  #take(frame: string): void {
    const data = /^data: (.*)$/m.exec(frame)?.[1]
    if (data !== undefined) this.events.push(JSON.parse(data) as MarathonEvent)
  }

  of(eventType: string): MarathonEvent[] {
    return this.events.filter((event) => event.eventType === eventType)
  }

  /** Position of the first event that `matches`; fails when there is none. */
  indexOf(what: string, matches: (event: MarathonEvent) => boolean): number {
    const index = this.events.findIndex(matches)
    if (index === -1) throw new Error(`no event: ${what}`)
    return index
  }

  close(): void {
    this.#abort.abort()
  }
}
