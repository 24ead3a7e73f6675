/**
 * Containers of the Docker engine. The engine supervises them, so they outlive the agent by themselves; labels tell
 * which are ours, and the output is copied from the engine's log into the sandbox.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { errorMessage } from '@thermosphere/effects'
import { IsolationError } from '../errors.ts'
import { memoryLimitMessage } from '../linux/arithmetic.ts'
import { DOCKER_LOG_DRAIN_MS, DOCKER_LOG_RETRY_MS, DOCKER_RETRY_MS, EXEC_OUTPUT_BYTES_MAX } from '../limits.ts'
import { readProcessStat } from '../process/process-table.ts'
import { commandWords } from '../supervision/command-script.ts'
import * as options from './create-options.ts'
import { Engine } from './engine.ts'
import { Images } from './images.ts'
import { copyOutput, FrameReader, prepareOutput } from './output.ts'
import { ipAddressOf } from './replies.ts'
import { usageOfStats } from './usage.ts'
import type * as Api from '../containerizer.ts'
import type { EngineExec } from './engine.ts'
import type { DockerInspect } from './replies.ts'

export type DockerContainerizerOptions = {
  readonly socketPath: string
  /** Scope of this agent's containers; its runtime directory. */
  readonly runtime: string
  readonly isCfsEnabled: boolean
}

type Tracked = {
  readonly containerId: Api.ContainerId
  readonly dockerId: string
  readonly stopSignal: string | undefined
  readonly ended: Promise<Api.Termination>
  isEnded: boolean
}

export class DockerContainerizer implements Api.Containerizer {
  readonly name = 'docker'
  readonly #options: DockerContainerizerOptions
  readonly #engine: Engine
  readonly #images: Images
  readonly #tracked = new Map<Api.ContainerId, Tracked>()
  /** Orphans could not be looked for yet, because the engine did not answer; these are known not to be any. */
  #isSweepDue = false
  #known: ReadonlySet<Api.ContainerId> = new Set()

  constructor(containerizerOptions: DockerContainerizerOptions) {
    this.#options = containerizerOptions
    this.#engine = new Engine(containerizerOptions.socketPath)
    this.#images = new Images(this.#engine.docker, containerizerOptions.socketPath)
  }

  async launch(spec: Api.ContainerSpec, { signal }: { readonly signal: AbortSignal }): Promise<Api.ContainerHandle> {
    const { docker } = spec
    if (docker === undefined)
      throw new IsolationError('UNSUPPORTED', `container ${spec.containerId} names no Docker image; give it one`)
    if (this.#isSweepDue) await this.destroyOrphans(this.#known)
    const { runtime, isCfsEnabled } = this.#options
    const offsets = await prepareOutput(spec.sandbox)
    const create = options.createOptions(spec, { docker, runtime, offsets, isCfsEnabled })
    await unlessAborted(this.#images.ensure(docker), spec, signal)
    const dockerId = await this.#engine.create(create)
    try {
      return await this.#start(spec, dockerId, signal)
    } catch (error) {
      await this.#engine.remove(dockerId)
      throw this.#engine.asError(error, `cannot launch container ${spec.containerId}`)
    }
  }

  async recover(handle: Api.ContainerHandle): Promise<'running' | 'ended'> {
    const inspected = await this.#engine.inspect(handle.dockerId ?? options.dockerName(handle.containerId))
    if (inspected === undefined) {
      this.#trackLost(handle)
      return 'ended'
    }
    this.#track(handle.containerId, handle.sandbox, inspected)
    return inspected.State.Running ? 'running' : 'ended'
  }

  async wait(containerId: Api.ContainerId): Promise<Api.Termination> {
    return await this.#get(containerId).ended
  }

  /** The engine's own way to attach is not used. */
  io(): Promise<undefined> {
    return Promise.resolve(undefined)
  }

  async signal(containerId: Api.ContainerId, signal: NodeJS.Signals | number): Promise<void> {
    const container = this.#tracked.get(containerId)
    if (container === undefined || container.isEnded) return
    // An image may name another signal by which its program wants to be stopped.
    const named = signal === 'SIGTERM' ? (container.stopSignal ?? signal) : signal
    await this.#engine.kill(container.dockerId, String(named))
  }

  async destroy(containerId: Api.ContainerId): Promise<void> {
    const container = this.#tracked.get(containerId)
    const dockerId = container?.dockerId ?? options.dockerName(containerId)
    if (container === undefined || !container.isEnded) await this.#engine.kill(dockerId, 'SIGKILL')
    if (container !== undefined) await Promise.race([container.ended, sleep(DOCKER_LOG_DRAIN_MS)])
    await this.#engine.remove(dockerId)
    this.#tracked.delete(containerId)
  }

  async usage(containerId: Api.ContainerId): Promise<Api.ContainerUsage | undefined> {
    const container = this.#tracked.get(containerId)
    if (container === undefined || container.isEnded) return undefined
    const stats = await this.#engine.stats(container.dockerId)
    return stats === undefined ? undefined : usageOfStats(stats, Date.now() / 1000)
  }

  /** Memory is only ever raised: lowering it could end a task for what it was granted before. */
  async update(containerId: Api.ContainerId, limits: Api.ContainerLimits): Promise<void> {
    const { dockerId, isEnded } = this.#get(containerId)
    if (isEnded) return
    const { Memory, ...parts } = options.limitParts(limits, this.#options)
    const before = (await this.#engine.inspect(dockerId))?.HostConfig.Memory ?? 0
    const isRaised = Memory !== undefined && before > 0 && Memory > before
    // The engine refuses a limit above memory and swap together, which it has set to twice the memory.
    await this.#engine.update(dockerId, isRaised ? { ...parts, Memory, MemorySwap: 2 * Memory } : parts)
  }

  async exec(
    containerId: Api.ContainerId,
    command: Api.ContainerCommand,
    { environment, signal }: { readonly environment: Readonly<Record<string, string>>; readonly signal: AbortSignal },
  ): Promise<{ readonly exitCode: number | undefined; readonly output: string }> {
    const { dockerId } = this.#get(containerId)
    const env = Object.entries(environment).map(([name, value]) => `${name}=${value}`)
    const exec = await this.#engine.exec(dockerId, commandWords(command), env)
    const stop = (): void => exec.stop()
    signal.addEventListener('abort', stop)
    try {
      const output = await collect(exec)
      const { exitCode, pid } = await exec.inspect()
      if (signal.aborted && exitCode === undefined) killHostProcess(pid)
      return { exitCode: signal.aborted ? undefined : exitCode, output }
    } finally {
      signal.removeEventListener('abort', stop)
    }
  }

  async destroyOrphans(known: ReadonlySet<Api.ContainerId>): Promise<readonly Api.ContainerId[]> {
    this.#known = known
    this.#isSweepDue = true
    const ended: Api.ContainerId[] = []
    for (const { id, labels } of await this.#listOwn()) {
      // The engine keeps labels as they were written by `launch`.
      const containerId = labels[options.LABEL_CONTAINER] as Api.ContainerId
      if (known.has(containerId) || this.#tracked.has(containerId)) continue
      await this.#engine.remove(id)
      ended.push(containerId)
    }
    return ended
  }

  close(): Promise<void> {
    this.#engine.close()
    return Promise.resolve()
  }

  /** An engine that does not answer must not keep an agent from starting; the next launch looks again. */
  async #listOwn(): Promise<Awaited<ReturnType<Engine['listByLabel']>>> {
    try {
      const own = await this.#engine.listByLabel(options.LABEL_RUNTIME, this.#options.runtime)
      this.#isSweepDue = false
      return own
    } catch (error) {
      if (error instanceof IsolationError && error.code === 'DOCKER_UNREACHABLE') return []
      throw error
    }
  }

  async #start(spec: Api.ContainerSpec, dockerId: string, signal: AbortSignal): Promise<Api.ContainerHandle> {
    if (signal.aborted) throw aborted(spec)
    await this.#engine.start(dockerId)
    const inspected = await this.#engine.inspect(dockerId)
    if (signal.aborted) throw aborted(spec)
    if (inspected === undefined)
      throw new IsolationError(
        'LAUNCH_FAILED',
        `container ${spec.containerId} was removed by somebody else as it began`,
      )
    this.#track(spec.containerId, spec.sandbox, inspected)
    const { Pid: pid } = inspected.State
    const ipAddress = ipAddressOf(inspected)
    return {
      containerId: spec.containerId,
      containerizer: 'docker',
      sandbox: spec.sandbox,
      pid,
      startTicks: readProcessStat(pid)?.startTicks ?? 0,
      launchedAt: Date.parse(inspected.State.StartedAt),
      dockerId,
      ...(ipAddress === undefined ? {} : { ipAddress }),
    }
  }

  #track(containerId: Api.ContainerId, sandbox: string, inspected: DockerInspect): void {
    if (this.#tracked.has(containerId)) return
    const ended = this.#awaitEnd(containerId, sandbox, inspected).then((termination) => {
      const container = this.#tracked.get(containerId)
      if (container !== undefined) container.isEnded = true
      return termination
    })
    const { Id: dockerId, Config } = inspected
    this.#tracked.set(containerId, { containerId, dockerId, stopSignal: Config.StopSignal, ended, isEnded: false })
  }

  #trackLost({ containerId, dockerId }: Api.ContainerHandle): void {
    const ended = Promise.resolve(lost(containerId))
    const name = dockerId ?? options.dockerName(containerId)
    this.#tracked.set(containerId, { containerId, dockerId: name, stopSignal: undefined, ended, isEnded: true })
  }

  #get(containerId: Api.ContainerId): Tracked {
    const container = this.#tracked.get(containerId)
    if (container !== undefined) return container
    throw new IsolationError('CONTAINER_UNKNOWN', `no container ${containerId} is known to this agent`)
  }

  async #awaitEnd(containerId: Api.ContainerId, sandbox: string, inspected: DockerInspect): Promise<Api.Termination> {
    const copied = this.#copyOutput(sandbox, inspected)
    const exitCode = await this.#retry(() => this.#engine.waitForEnd(inspected.Id))
    const problem = await Promise.race([copied, sleep(DOCKER_LOG_DRAIN_MS, undefined, { ref: false })])
    if (exitCode === undefined) return lost(containerId)
    const after = await this.#engine.inspect(inspected.Id).catch(() => undefined)
    if (after?.State.OOMKilled !== true)
      return { containerId, exitCode, ...(problem === undefined ? {} : { message: problem }) }
    const limitBytes = inspected.HostConfig.Memory
    const message = memoryLimitMessage({ limitBytes, maxUsedBytes: limitBytes, statistics: '' })
    return { containerId, exitCode, limitation: { resource: 'mem', message } }
  }

  /** Resolves with what went wrong: a task does not fail because its output could not be copied. */
  async #copyOutput(sandbox: string, { Id, Config }: DockerInspect): Promise<string | undefined> {
    const labels = Config.Labels ?? {}
    const offset = (label: string): number => Number(labels[label] ?? 0)
    const offsets = { stdout: offset(options.LABEL_STDOUT_BYTES), stderr: offset(options.LABEL_STDERR_BYTES) }
    const copy = async (): Promise<void> => {
      const log = await this.#engine.followLog(Id)
      await copyOutput({ log, sandbox, offsets, isTty: Config.Tty ?? false })
    }
    try {
      // The log of a running container ends when the engine does; then it goes on with the next one.
      do await this.#retry(copy)
      while (await this.#isRunningSoon(Id))
      return undefined
    } catch (error) {
      return `The output is incomplete: ${errorMessage(error)}`
    }
  }

  /** Whether it still runs a moment after its log has ended. */
  async #isRunningSoon(dockerId: string): Promise<boolean> {
    const isRunning = async (): Promise<boolean> => (await this.#engine.inspect(dockerId))?.State.Running ?? false
    if (!(await this.#retry(isRunning))) return false
    await sleep(DOCKER_LOG_RETRY_MS, undefined, { ref: false })
    return await this.#retry(isRunning)
  }

  /** Until the engine answers again: containers may outlive its restart. Never resolves once the agent closes. */
  async #retry<T>(ask: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await ask()
      } catch (error) {
        if (this.#engine.isClosed) return await new Promise<never>(() => undefined)
        if (!this.#engine.asError(error, '').retryable) throw error
      }
      await sleep(DOCKER_RETRY_MS, undefined, { ref: false })
    }
  }
}

function aborted({ containerId }: Api.ContainerSpec): IsolationError {
  return new IsolationError('LAUNCH_ABORTED', `the launch of ${containerId} was cancelled`)
}

/** A pull goes on for whoever else waits for it; the launch that was cancelled does not. */
async function unlessAborted(pull: Promise<void>, spec: Api.ContainerSpec, signal: AbortSignal): Promise<void> {
  const cancelled = Promise.withResolvers<never>()
  const cancel = (): void => cancelled.reject(aborted(spec))
  signal.addEventListener('abort', cancel)
  if (signal.aborted) cancel()
  try {
    await Promise.race([pull, cancelled.promise])
  } finally {
    signal.removeEventListener('abort', cancel)
  }
}

function lost(containerId: Api.ContainerId): Api.Termination {
  return { containerId, message: 'Exit status lost: the Docker engine does not know the container any more' }
}

/** The first bytes of what the command says, until it ends or is stopped. */
async function collect(exec: EngineExec): Promise<string> {
  const reader = new FrameReader()
  const chunks: Buffer[] = []
  let room = EXEC_OUTPUT_BYTES_MAX
  const take = (data: Buffer): void => {
    const kept = data.subarray(0, room)
    room -= kept.length
    if (kept.length > 0) chunks.push(kept)
  }
  try {
    for await (const chunk of exec.output) for (const { data } of reader.push(chunk)) take(data)
  } catch {
    // The stream was stopped because the command took too long; what it said so far is the answer.
  }
  return Buffer.concat(chunks).toString('utf8')
}

/** The engine cannot end an exec; on the same host its process is ours to end. */
function killHostProcess(pid: number): void {
  if (pid <= 0) return
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It has gone, or belongs to an engine elsewhere.
  }
}
