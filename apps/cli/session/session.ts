/**
 * A terminal of ours on a container of a task: its output comes as records on one connection, what is typed goes as
 * records on another.
 */
import { createRecordIoDecoder, decodeJson, encodeJson, encodeRecord } from '@thermosphere/protocol'
import type { agent, mesos } from '@thermosphere/protocol'
import { request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import type { ClientRequest } from 'node:http'
import type { Api } from '../api.ts'
import { recordBytesMax } from '../limits.ts'

export type Place = { readonly api: Api; readonly agentId: string; readonly container: mesos.ContainerID }

const pathOf = ({ agentId }: Place): string => `/agent/${agentId}/api/v1`

/** Rejects with the agent's reason when there is nothing; the result prints until everything was said. */
export async function openOutput(place: Place, call: agent.Call): Promise<() => Promise<void>> {
  const answer = await place.api.open(pathOf(place), {
    method: 'POST',
    body: call,
    headers: { accept: 'application/recordio', 'message-accept': 'application/json' },
    signal: new AbortController().signal,
  })
  return async () => {
    const decoder = createRecordIoDecoder(recordBytesMax)
    for await (const chunk of answer.body ?? [])
      for (const record of decoder.push(chunk)) print(decodeJson('mesos.v1.agent.ProcessIO', record))
  }
}

function print({ data }: agent.ProcessIO): void {
  if (data?.data === undefined) return
  if (data.type === 'STDERR') process.stderr.write(data.data)
  else process.stdout.write(data.data)
}

/** Sends what comes on our standard input, and the size of our terminal where we have one. */
export class Input {
  readonly #request: ClientRequest
  readonly #hasTerminal: boolean

  constructor(place: Place, hasTerminal: boolean) {
    const url = new URL(place.api.url + pathOf(place))
    const headers = {
      ...place.api.login,
      accept: 'application/json',
      'content-type': 'application/recordio',
      'message-content-type': 'application/json',
    }
    this.#request = (url.protocol === 'https:' ? requestHttps : requestHttp)(url, { method: 'POST', headers })
    // The end of the output tells that the container has gone; whether the last input arrived does not matter then.
    this.#request.on('error', () => undefined).on('response', (response) => response.resume())
    this.#hasTerminal = hasTerminal && process.stdin.isTTY
    this.#send({ type: 'CONTAINER_ID', container_id: place.container })
    this.#start()
  }

  #start(): void {
    if (this.#hasTerminal) {
      process.stdin.setRawMode(true)
      process.stdout.on('resize', this.#resize)
      this.#resize()
    }
    process.stdin.on('data', this.#type)
    process.stdin.on('end', this.#end)
  }

  stop(): void {
    process.stdin.off('data', this.#type).off('end', this.#end).pause()
    process.stdout.off('resize', this.#resize)
    if (this.#hasTerminal) process.stdin.setRawMode(false)
    this.#request.destroy()
  }

  readonly #type = (data: Buffer): void => {
    this.#send({ type: 'PROCESS_IO', process_io: { type: 'DATA', data: { type: 'STDIN', data } } })
  }

  readonly #end = (): void => {
    this.#type(Buffer.alloc(0))
    this.#request.end()
  }

  readonly #resize = (): void => {
    const control = { type: 'TTY_INFO' as const, tty_info: { window_size: windowSize() } }
    this.#send({ type: 'PROCESS_IO', process_io: { type: 'CONTROL', control } })
  }

  #send(input: agent.Call_AttachContainerInput): void {
    const call: agent.Call = { type: 'ATTACH_CONTAINER_INPUT', attach_container_input: input }
    this.#request.write(encodeRecord(encodeJson('mesos.v1.agent.Call', call)))
  }
}

/** Of our own terminal; what a new one has anywhere without. */
export function windowSize(): mesos.TTYInfo_WindowSize {
  const { rows = 24, columns = 80 } = process.stdout as { rows?: number; columns?: number }
  return { rows, columns }
}
