/** Carries out the probes of health and readiness checks, a bounded number at once. */
import type { Probe, ProbeOutcome } from '@thermosphere/marathon-core'
import { request as httpRequest } from 'node:http'
import type { IncomingMessage } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { connect } from 'node:net'
import { probeBodyBytesMax, probesWaitingMax } from '../limits.ts'

type Waiting = { readonly probe: Probe; readonly done: (outcome: ProbeOutcome) => void }

export class Prober {
  readonly #concurrencyMax: number
  readonly #waiting: Waiting[] = []
  readonly #abort = new AbortController()
  #runningCount = 0

  constructor(concurrencyMax: number) {
    this.#concurrencyMax = concurrencyMax
  }

  /** Calls `done` once, unless the prober is closed first. */
  probe(probe: Probe, done: (outcome: ProbeOutcome) => void): void {
    if (this.#waiting.length >= probesWaitingMax) done({ kind: 'failed', reason: 'too many checks are waiting' })
    else this.#waiting.push({ probe, done })
    this.#pump()
  }

  close(): void {
    this.#waiting.length = 0
    this.#abort.abort()
  }

  #pump(): void {
    while (this.#runningCount < this.#concurrencyMax) {
      const next = this.#waiting.shift()
      if (next === undefined) return
      this.#runningCount++
      this.#start(next)
    }
  }

  #start({ probe, done }: Waiting): void {
    let isSettled = false
    const settle = (outcome: ProbeOutcome): void => {
      if (isSettled) return
      isSettled = true
      this.#runningCount--
      if (this.#abort.signal.aborted) return
      done(outcome)
      this.#pump()
    }
    if (probe.protocol === 'TCP') probeTcp(probe, this.#abort.signal, settle)
    else probeHttp(probe, this.#abort.signal, settle)
  }
}

type Settle = (outcome: ProbeOutcome) => void

function failed(error: Error): ProbeOutcome {
  return { kind: 'failed', reason: error.message === '' ? error.name : error.message }
}

function probeTcp(probe: Probe, signal: AbortSignal, settle: Settle): void {
  const socket = connect({ host: probe.host, port: probe.port, timeout: probe.timeoutMs, signal })
  const end = (outcome: ProbeOutcome): void => {
    settle(outcome)
    socket.destroy()
  }
  socket.on('connect', () => end({ kind: 'connected' }))
  socket.on('timeout', () => end({ kind: 'failed', reason: `no connection within ${probe.timeoutMs} ms` }))
  socket.on('error', (error) => end(failed(error)))
}

function probeHttp(probe: Probe, signal: AbortSignal, settle: Settle): void {
  const { host, port, timeoutMs } = probe
  const path = probe.path.startsWith('/') ? probe.path : `/${probe.path}`
  const send = probe.protocol === 'HTTPS' ? httpsRequest : httpRequest
  // Any certificate will do: the check asks whether the service answers, not who it is.
  const options = { host, port, path, agent: false, rejectUnauthorized: false, signal }
  const request = send({ ...options, headers: { 'User-Agent': 'marathon', Connection: 'close' } })
  const deadline = setTimeout(() => request.destroy(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs)
  request.on('response', (response) => {
    readAnswer(response, probe.keepBody, (outcome) => {
      clearTimeout(deadline)
      settle(outcome)
      response.destroy()
    })
  })
  request.on('error', (error) => {
    clearTimeout(deadline)
    settle(failed(error))
  })
  request.end()
}

function readAnswer(response: IncomingMessage, keepBody: boolean, settle: Settle): void {
  const status = response.statusCode ?? 0
  const contentType = response.headers['content-type'] ?? ''
  const chunks: Buffer[] = []
  let size = 0
  const finish = (): void => settle({ kind: 'http', status, contentType, body: Buffer.concat(chunks).toString('utf8') })
  if (!keepBody) {
    finish()
    return
  }
  response.on('data', (chunk: Buffer) => {
    chunks.push(chunk.subarray(0, probeBodyBytesMax - size))
    size += chunk.length
    if (size >= probeBodyBytesMax) finish()
  })
  response.on('end', finish)
  response.on('error', (error) => settle(failed(error)))
}
