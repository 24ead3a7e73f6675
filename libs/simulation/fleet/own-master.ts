/** The master that a fleet starts for itself: a process of its own, with its store, as `thermo up` starts one. */
import { PartProcess, planCluster, planOptions } from '@thermosphere/cli'
import type { Part } from '@thermosphere/cli'
import type { LeaderSource } from '@thermosphere/protocol/node'
import { delay } from '@thermosphere/service-kit'
import { freePorts } from '@thermosphere/test-kit'
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { LeaderNews } from './agents/leader-news.ts'
import { processUse, rounded } from './figures.ts'
import type { ProcessUse, Quantiles } from './figures.ts'
import { collectGarbage, inspectable } from './inspector.ts'
import type { LiveHeap } from './inspector.ts'

export type OwnMasterOptions = {
  readonly store: 'sqlite' | 'etcd'
  /** `name=value` */
  readonly flags: readonly string[]
  /** Aborts with the end of the run: what is being started is not waited for, and nothing is started any more. */
  readonly signal: AbortSignal
}

const startTimeoutMs = 60_000
const leadingPollMs = 20
/** The master's, and two of etcd. */
const portsOfParts = 3
/** Nothing runs here that a plan would share out. */
const machine = { cpus: 1, memMib: 1024, diskMib: 1024 }
const servers = ['agent', 'marathon', 'chronos', 'gateway'] as const

export class OwnMaster {
  readonly workDir: string
  readonly #parts: readonly Part[]
  readonly #etcdPort: number
  readonly #inspectorPort: number
  readonly #store: OwnMasterOptions['store']
  readonly #signal: AbortSignal
  readonly #processes = new Map<string, PartProcess>()
  readonly #news = new LeaderNews()
  #isClosing = false

  private constructor(workDir: string, { store, flags, signal }: OwnMasterOptions, port: number) {
    this.workDir = workDir
    this.#store = store
    this.#signal = signal
    this.#etcdPort = port + 1
    this.#inspectorPort = port + portsOfParts
    const values = { masters: 1, store, without: servers, masterPort: port, etcdPort: port + 1, masterFlag: flags }
    this.#parts = planCluster(planOptions(values, workDir), machine)
  }

  /** Resolves when it leads. Rejects with the end of its log when it does not start. */
  static async start(options: OwnMasterOptions): Promise<OwnMaster> {
    const workDir = await mkdtemp(`${tmpdir()}/thermosphere-fleet-`)
    const master = new OwnMaster(workDir, options, await freePorts(portsOfParts + 1))
    try {
      for (const part of master.#parts) await master.#startPart(part)
      await master.#news.tell(master.address)
      return master
    } catch (error) {
      await master.close()
      options.signal.throwIfAborted()
      throw error
    }
  }

  get address(): string {
    const { ip, port } = this.#master.part
    return `${ip}:${port}`
  }

  get url(): string {
    return this.#master.part.url
  }

  /** Tells its address, and nobody's while another one is started in its place. */
  get leaders(): LeaderSource {
    return this.#news.source
  }

  /** Of the process that runs. */
  use(): ProcessUse | undefined {
    const pid = this.#master.record()?.pid
    return pid === undefined ? undefined : processUse(pid)
  }

  /** How late its event loop was since this was read last. */
  async readEventLoop(): Promise<Quantiles | undefined> {
    const answer = await fetch(`${this.url}/metrics/snapshot`)
    const metrics = (await answer.json()) as Readonly<Record<string, number>>
    const [p50, p99, max] = ['p50', 'p99', 'max'].map((name) => metrics[`event_loop/delay_ms/${name}`])
    if (p50 === undefined || p99 === undefined || max === undefined) return undefined
    return { p50: rounded(p50), p99: rounded(p99), max: rounded(max) }
  }

  /** What a collection of garbage, which this asks for, leaves in its heap. */
  async liveHeap(): Promise<LiveHeap | undefined> {
    const pid = this.#master.record()?.pid
    return pid === undefined ? undefined : collectGarbage({ pid, port: this.#inspectorPort })
  }

  /** Where a framework of the fleet may keep its own state: like the master, but not with it. */
  async storeUrl(): Promise<string> {
    if (this.#store === 'etcd') return `etcd://127.0.0.1:${this.#etcdPort}/fleet`
    await mkdir(`${this.workDir}/framework`, { recursive: true })
    return `sqlite:${this.workDir}/framework/updates.db`
  }

  /**
   * SIGKILL, then another process in its place. Resolves when that one leads; then agents are told, as fast as they
   * reach it.
   */
  async failOver(reachedCount: () => number): Promise<void> {
    const told = this.#news.tell(undefined)
    await this.#master.stop('SIGKILL')
    await told
    for (const part of this.#parts) if (part.kind === 'master') await this.#startPart(part)
    void this.#news.tell(this.address, reachedCount)
  }

  /** The fields of the last line of its log that tells of `event`. */
  async logged(event: string): Promise<Readonly<Record<string, unknown>> | undefined> {
    const text = await readFile(this.#master.logPath, 'utf8')
    const line = text.split('\n').findLast((one) => one.includes(`"msg":"${event}"`))
    return line === undefined ? undefined : (JSON.parse(line) as Readonly<Record<string, unknown>>)
  }

  async close(): Promise<void> {
    this.#isClosing = true
    for (const part of [...this.#processes.values()].reverse()) await part.stop('SIGTERM')
    await rm(this.workDir, { recursive: true, force: true })
  }

  get #master(): PartProcess {
    const master = this.#processes.get('master')
    if (master === undefined) throw new Error('the master was not started')
    return master
  }

  async #startPart(part: Part): Promise<void> {
    this.#signal.throwIfAborted()
    const run = part.kind === 'master' ? inspectable(part, this.#inspectorPort, 'SIGUSR1') : part
    const started = new PartProcess(run, {
      logFolder: `${this.workDir}/logs`,
      events: { onStarted: () => undefined, onEnded: (_part, how) => this.#onEnded(part, how) },
    })
    this.#processes.set(part.name, started)
    started.start()
    const ready = started.waitUntilReady(Date.now() + startTimeoutMs)
    const reason = await Promise.race([ready, untilAborted(this.#signal)])
    this.#signal.throwIfAborted()
    if (reason !== undefined)
      throw new Error(`the ${part.name} did not start: ${reason}; its log ends with:\n${started.logTail()}`)
    if (part.kind === 'master') await untilLeading(part.url, this.#signal)
  }

  /** It is started again, which the figures would not show. */
  #onEnded({ name }: Part, how: string): void {
    if (!this.#isClosing) process.stderr.write(`the ${name} ended by itself: ${how}\n`)
  }
}

function untilAborted(signal: AbortSignal): Promise<undefined> {
  if (signal.aborted) return Promise.resolve(undefined)
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(undefined), { once: true }))
}

async function untilLeading(url: string, signal: AbortSignal): Promise<void> {
  const deadline = Date.now() + startTimeoutMs
  for (;;) {
    const answer = await fetch(`${url}/redirect`, { redirect: 'manual' }).catch(() => undefined)
    const leads = answer?.status === 307 && (answer.headers.get('location') ?? '').includes(new URL(url).port)
    const state = leads ? await fetch(`${url}/version`, { redirect: 'manual' }).catch(() => undefined) : undefined
    if (state?.ok === true) return
    if (Date.now() > deadline) throw new Error('no master leads')
    await delay(leadingPollMs, signal)
  }
}
