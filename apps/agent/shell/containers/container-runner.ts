/**
 * Carries out what the core decides about containers: sandbox, fetching, launch, signals, end. One run per container;
 * each run tells the core `launched` or `launch-failed`, and later `ended`.
 */
import { errorMessage } from '@thermosphere/effects'
import type { AgentInput, ContainerEnd, LaunchPlan, LimitsPlan, RecoveredContainer } from '@thermosphere/agent-core'
import { IsolationError } from '@thermosphere/isolation'
import type { ContainerHandle, ContainerId, ContainerIo, Containerizer, Termination } from '@thermosphere/isolation'
import type { Background, Logger } from '@thermosphere/service-kit'
import { dirname } from 'node:path'
import { AgentError } from '../../errors.ts'
import { LIMITS } from '../../limits.ts'
import type { Fetcher } from '../fetcher/fetcher.ts'
import { containerSpec, containerLimits } from './container-spec.ts'
import { handleSchema } from './handle.ts'
import { asMesosTellsIt } from './exit-status.ts'
import { prepareSandbox } from './sandbox.ts'
import { Slots } from './slots.ts'
import type { Volumes } from '../volumes/volumes.ts'

export type ContainerRunnerOptions = {
  readonly process: Containerizer
  readonly docker: Containerizer | undefined
  readonly fetcher: Fetcher
  readonly volumes: Volumes
  readonly background: Background
  readonly log: Logger
  submit(input: AgentInput): void
}

type Run = {
  readonly abort: AbortController
  containerizer: Containerizer | undefined
  handle: ContainerHandle | undefined
}

type HandleToRecover = { readonly containerId: string; readonly handle: unknown }
type Found = {
  readonly containerId: string
  readonly state: RecoveredContainer['state'] | 'unknown'
  readonly reason?: string
}

export class ContainerRunner {
  readonly #options: ContainerRunnerOptions
  readonly #runs = new Map<string, Run>()
  /** Sandboxes of pods that are being made: their members wait for them. */
  readonly #preparing = new Map<string, Promise<void>>()
  readonly #slots = new Slots(LIMITS.parallelLaunchesMax)
  readonly #destroying = new Set<Promise<void>>()
  #destroyErrors = 0

  constructor(options: ContainerRunnerOptions) {
    this.#options = options
  }

  get destroyErrorCount(): number {
    return this.#destroyErrors
  }

  launch(plan: LaunchPlan): void {
    const run: Run = { abort: new AbortController(), containerizer: undefined, handle: undefined }
    this.#runs.set(plan.containerId, run)
    this.#options.background.run(`launch ${plan.containerId}`, this.#launch(plan, run))
  }

  /**
   * Takes the containers of an earlier agent over again; the others that it left are ended. `unknownCount` counts those
   * whose engine does not answer: lost for an agent that is not `strict`, for another a reason not to start.
   */
  async recover(
    handles: readonly HandleToRecover[],
    { strict }: { readonly strict: boolean },
  ): Promise<{ readonly containers: RecoveredContainer[]; readonly unknownCount: number }> {
    const found = await Promise.all(handles.map((item) => this.#recoverOne(item)))
    const unknown = found.filter((container) => container.state === 'unknown')
    if (strict && unknown.length > 0) throw unanswered(unknown)
    const containers = found.map(({ containerId, state }) => ({
      containerId,
      state: state === 'unknown' ? 'lost' : state,
    }))
    const kept = containers.filter((container) => container.state !== 'lost')
    const known = new Set(kept.map(({ containerId }) => containerId as ContainerId))
    for (const containerizer of this.#containerizers()) {
      const ended = await containerizer.destroyOrphans(known)
      if (ended.length > 0) this.#options.log.info({ containerIds: ended }, 'containers.orphans.destroyed')
    }
    return { containers, unknownCount: unknown.length }
  }

  signal(containerId: string, signal: NodeJS.Signals | number): void {
    const containerizer = this.#runs.get(containerId)?.containerizer
    if (containerizer === undefined) return
    const done = containerizer.signal(containerId as ContainerId, signal)
    this.#options.background.run(`signal ${containerId}`, this.#tolerate(containerId, done))
  }

  destroy(containerId: string): void {
    const run = this.#runs.get(containerId)
    if (run === undefined) return
    run.abort.abort()
    if (run.containerizer === undefined) return
    const done = run.containerizer.destroy(containerId as ContainerId).then(() => {
      if (this.#runs.get(containerId) === run) this.#runs.delete(containerId)
    })
    const tolerated = this.#tolerate(containerId, done)
    this.#destroying.add(tolerated)
    void tolerated.finally(() => this.#destroying.delete(tolerated))
    this.#options.background.run(`destroy ${containerId}`, tolerated)
  }

  /** Resolves when what is being destroyed now is gone: nobody would do it after the process. */
  async settled(): Promise<void> {
    await Promise.all(this.#destroying)
  }

  /** Destroys a container and waits until it is gone. */
  async end(containerId: string): Promise<void> {
    const run = this.#runs.get(containerId)
    run?.abort.abort()
    if (run?.containerizer === undefined) return
    await this.#tolerate(containerId, run.containerizer.destroy(containerId as ContainerId))
  }

  updateLimits(containerId: string, limits: LimitsPlan): void {
    const containerizer = this.#runs.get(containerId)?.containerizer
    if (containerizer === undefined) return
    const done = containerizer
      .update(containerId as ContainerId, containerLimits(limits))
      .catch((error: unknown) => this.#onUpdateFailed(containerId, errorMessage(error)))
    this.#options.background.run(`update ${containerId}`, done)
  }

  /** Makes the sandbox of a container that has no process of its own. */
  makeSandbox(plan: LaunchPlan): void {
    const { background, fetcher, submit } = this.#options
    const abort = new AbortController()
    const made = this.#prepare(plan).then(() => fetcher.fetchAll(plan, abort.signal))
    this.#preparing.set(plan.sandbox, made)
    const told = made
      .catch((error: unknown) => {
        submit({ type: 'launch-failed', containerId: plan.containerId, message: errorMessage(error) })
      })
      .finally(() => this.#preparing.delete(plan.sandbox))
    background.run(`sandbox ${plan.containerId}`, told)
  }

  find(containerId: string): { readonly containerizer: Containerizer; readonly handle: ContainerHandle } | undefined {
    const run = this.#runs.get(containerId)
    if (run?.containerizer === undefined || run.handle === undefined) return undefined
    return { containerizer: run.containerizer, handle: run.handle }
  }

  /** The standard streams of a container that was launched with some to attach to. */
  async io(containerId: string): Promise<ContainerIo | undefined> {
    return await this.#runs.get(containerId)?.containerizer?.io(containerId as ContainerId)
  }

  async #launch(plan: LaunchPlan, run: Run): Promise<void> {
    const { submit, fetcher } = this.#options
    const { containerId } = plan
    const { signal } = run.abort
    try {
      const containerizer = this.#choose(plan)
      await this.#preparing.get(dirname(dirname(plan.sandbox)))
      await this.#prepare(plan)
      await fetcher.fetchAll(plan, signal)
      const handle = await this.#slots.run(() => this.#start(plan, run, containerizer))
      const ipAddress = handle.ipAddress
      submit({
        type: 'launched',
        containerId,
        pid: handle.pid,
        handle,
        ...(ipAddress === undefined ? {} : { ipAddress }),
      })
      await this.#awaitEnd(containerizer, containerId, plan)
    } catch (error) {
      this.#runs.delete(containerId)
      this.#options.log.warn({ containerId, reason: errorMessage(error) }, 'container.launch.failed')
      submit({ type: 'launch-failed', containerId, message: errorMessage(error) })
    }
  }

  async #prepare(plan: LaunchPlan): Promise<void> {
    await this.#options.volumes.settled(plan.mounts.map(({ source }) => source))
    await prepareSandbox(plan)
  }

  async #start(plan: LaunchPlan, run: Run, containerizer: Containerizer): Promise<ContainerHandle> {
    run.abort.signal.throwIfAborted()
    const handle = await containerizer.launch(containerSpec(plan), { signal: run.abort.signal })
    run.containerizer = containerizer
    run.handle = handle
    // A destroy that came while the launch was under way could not reach the containerizer.
    if (run.abort.signal.aborted) await containerizer.destroy(plan.containerId as ContainerId)
    return handle
  }

  async #awaitEnd(containerizer: Containerizer, containerId: string, plan?: LaunchPlan): Promise<void> {
    const end = await containerizer.wait(containerId as ContainerId).then(endOf, (error: unknown): ContainerEnd => {
      // Destroyed before the wait began: its end is told all the same, or the task would be live for ever.
      return { message: errorMessage(error) }
    })
    this.#options.submit({ type: 'ended', containerId, end: await asMesosTellsIt(end, plan) })
  }

  #onUpdateFailed(containerId: string, message: string): void {
    this.#options.log.warn({ containerId, reason: message }, 'container.update.failed')
    this.#options.submit({ type: 'update-failed', containerId, message })
  }

  #choose(plan: LaunchPlan): Containerizer {
    if (plan.docker === undefined) return this.#options.process
    if (this.#options.docker !== undefined) return this.#options.docker
    throw new AgentError(
      'AGENT_CONTAINERIZER_MISSING',
      'None of the enabled containerizers could create a Docker container; add docker to --containerizers',
    )
  }

  async #recoverOne({ containerId, handle: raw }: HandleToRecover): Promise<Found> {
    const parsed = handleSchema.safeParse(raw)
    if (!parsed.success) return { containerId, state: 'lost' }
    const containerizer = this.#byName(parsed.data.containerizer)
    if (containerizer === undefined) {
      return { containerId, state: 'unknown', reason: `this agent does without ${parsed.data.containerizer}` }
    }
    // The schema brands nothing; the id is the one that the containerizer gave.
    const handle = parsed.data as unknown as ContainerHandle
    try {
      const state = await containerizer.recover(handle)
      this.#runs.set(containerId, { abort: new AbortController(), containerizer, handle })
      this.#options.background.run(`wait ${containerId}`, this.#awaitEnd(containerizer, containerId))
      return { containerId, state }
    } catch (error) {
      const reason = errorMessage(error)
      this.#options.log.warn({ containerId, reason }, 'container.recovery.failed')
      return { containerId, state: error instanceof IsolationError && error.retryable ? 'unknown' : 'lost', reason }
    }
  }

  #byName(name: string): Containerizer | undefined {
    return this.#containerizers().find((containerizer) => containerizer.name === name)
  }

  #containerizers(): Containerizer[] {
    const { process, docker } = this.#options
    return docker === undefined ? [process] : [process, docker]
  }

  /** A container that resists is counted and logged; the agent goes on with the others. */
  async #tolerate(containerId: string, done: Promise<unknown>): Promise<void> {
    try {
      await done
    } catch (error) {
      this.#destroyErrors++
      this.#options.log.warn({ containerId, reason: errorMessage(error) }, 'container.operation.failed')
    }
  }
}

/** They may well run: an agent that called them lost would let their tasks be started a second time. */
function unanswered(unknown: readonly Found[]): AgentError {
  return new AgentError(
    'AGENT_CONTAINERS_UNKNOWN',
    `${unknown.length} containers of an earlier agent cannot be asked for: ${unknown[0]?.reason ?? ''}; start the ` +
      'Docker engine at --docker_socket, go back to the --isolation and --containerizers of before, or start with ' +
      '--strict=false to report their tasks as lost',
    { retryable: true },
  )
}

function endOf(termination: Termination): ContainerEnd {
  const { exitCode, signal, limitation, message } = termination
  return { exitCode, signal, limitation, message }
}
