/**
 * Containers that are processes of this host: launch, wait, signal, recover, destroy. Isolation is a part put in.
 * The exit status is the supervisor's; the watch tells of it, in the life that launched it and in every later one.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { statSync } from 'node:fs'
import { constants } from 'node:os'
import { errnoOf } from '@thermosphere/effects'
import { asIsolationError, IsolationError } from '../errors.ts'
import { closeStreams, openAgentStreams, openFileStreams } from '../io/container-streams.ts'
import { makeFifos, openFifoLines } from '../io/fifos.ts'
import { resizeTerminal } from '../io/terminal.ts'
import { KILL_PASS_INTERVAL_MAX_MS, KILL_PASS_INTERVAL_MS, KILL_PASSES_MAX } from '../limits.ts'
import { commandScript } from '../supervision/command-script.ts'
import { EndWatch } from '../supervision/end-watch.ts'
import { planIdentityChange } from '../supervision/identity-change.ts'
import { LaunchShells } from '../supervision/launch-shells.ts'
import { startSupervisor } from '../supervision/start-supervisor.ts'
import { terminationOf } from '../supervision/status.ts'
import { supervisorScript } from '../supervision/supervisor-script.ts'
import { freshProcesses, isAlive } from './process-table.ts'
import { runInside } from './run-inside.ts'
import type * as Api from '../containerizer.ts'
import type { ContainerStreams } from '../io/container-streams.ts'
import type { ContainerFiles, ContainerRecord, RuntimeDirectory } from '../supervision/runtime-directory.ts'
import type { IsolatedContainer, LaunchPlan, ParentContainer, ProcessIsolation } from './process-isolation.ts'

type Tracked = IsolatedContainer & {
  readonly ended: Promise<Api.Termination>
  readonly resolveEnded: (termination: Api.Termination) => void
  /** Of a container whose streams are this agent's. */
  readonly streams: ContainerStreams | undefined
  isEnded: boolean
  isLimited: boolean
}

type Start = {
  readonly record: ContainerRecord
  readonly files: ContainerFiles
  readonly signal: AbortSignal
  readonly streams: ContainerStreams | undefined
}

function kill(pid: number, signal: NodeJS.Signals | number): void {
  try {
    process.kill(pid, signal)
  } catch (error) {
    if (errnoOf(error) !== 'ESRCH') throw error
  }
}

export class ProcessContainerizer implements Api.Containerizer {
  readonly name: 'posix' | 'linux'
  readonly #isolation: ProcessIsolation
  readonly #runtime: RuntimeDirectory
  readonly #watch: EndWatch
  readonly #tracked = new Map<Api.ContainerId, Tracked>()
  readonly #shells = new LaunchShells()
  readonly #destroying = new Map<Api.ContainerId, Promise<void>>()

  constructor(runtime: RuntimeDirectory, isolation: ProcessIsolation) {
    this.name = isolation.name
    this.#runtime = runtime
    this.#isolation = isolation
    this.#watch = new EndWatch(runtime.endedDir)
  }

  async launch(spec: Api.ContainerSpec, { signal }: { readonly signal: AbortSignal }): Promise<Api.ContainerHandle> {
    const { command } = spec
    if (command === undefined)
      throw new IsolationError('COMMAND_INVALID', `task ${spec.containerId} has no command; give it one`)
    checkSandbox(spec.sandbox)
    const record = this.#recordOf(spec)
    const { environment, sandbox, directory = sandbox, io } = spec
    const script = commandScript({ command, environment, directory, isTask: true, ...(io === undefined ? {} : { io }) })
    const files = this.#create(record, script, { isMortal: spec.endsWithAgent ?? false })
    let streams: ContainerStreams | undefined
    try {
      if (io !== undefined) await makeFifos(files.directory, io)
      if (io?.output === 'agent') streams = openAgentStreams(files.directory)
      return await this.#start(spec, { record, files, signal, streams })
    } catch (error) {
      if (streams !== undefined) closeStreams(streams)
      await this.#abandon(spec.containerId, record)
      throw asIsolationError(error, `cannot launch container ${spec.containerId}`)
    }
  }

  async recover(handle: Api.ContainerHandle): Promise<'running' | 'ended'> {
    const record = await this.#runtime.readRecord(handle.containerId)
    const known = this.#tracked.get(handle.containerId) ?? this.#track(record ?? this.#recordOf(handle), handle)
    if (!known.isEnded) {
      this.#watch.add(handle.containerId, known.supervisor, () => void this.#checkEnd(known))
      this.#isolation.watch(known, () => void this.#onLimit(known))
      await this.#checkEnd(known)
    }
    return known.isEnded ? 'ended' : 'running'
  }

  async wait(containerId: Api.ContainerId): Promise<Api.Termination> {
    return await this.#get(containerId).ended
  }

  async io(containerId: Api.ContainerId): Promise<Api.ContainerIo | undefined> {
    const container = this.#tracked.get(containerId)
    if (container === undefined) return undefined
    const streams = container.streams ?? (await this.#fileStreams(container))
    if (streams === undefined) return undefined
    const { output = 'agent', hasTerminal = false } = container.record
    return {
      ...streams,
      output,
      hasTerminal,
      resize: async (size) => resizeTerminal(await this.#isolation.members(container), size),
    }
  }

  async #fileStreams(container: Tracked): Promise<ContainerStreams | undefined> {
    const { output, sandbox } = container.record
    if (output !== 'file' || container.isEnded) return undefined
    const { directory } = this.#runtime.files(container.containerId)
    return await openFileStreams({ directory, sandbox }, () => container.isEnded)
  }

  async signal(containerId: Api.ContainerId, signal: NodeJS.Signals | number): Promise<void> {
    const container = this.#tracked.get(containerId)
    if (container === undefined || container.isEnded) return
    if (signal === 'SIGKILL' || signal === constants.signals.SIGKILL) return await this.#killMembers(container)
    for (const pid of await this.#isolation.members(container)) kill(pid, signal)
  }

  destroy(containerId: Api.ContainerId): Promise<void> {
    const running = this.#destroying.get(containerId)
    if (running !== undefined) return running
    const destroyed = this.#destroy(containerId).finally(() => this.#destroying.delete(containerId))
    this.#destroying.set(containerId, destroyed)
    return destroyed
  }

  async usage(containerId: Api.ContainerId): Promise<Api.ContainerUsage | undefined> {
    const container = this.#tracked.get(containerId)
    return container === undefined || container.isEnded ? undefined : await this.#isolation.usage(container)
  }

  async update(containerId: Api.ContainerId, limits: Api.ContainerLimits): Promise<void> {
    const container = this.#get(containerId)
    if (!container.isEnded) await this.#isolation.update(container, limits)
  }

  async exec(
    containerId: Api.ContainerId,
    command: Api.ContainerCommand,
    options: { readonly environment: Readonly<Record<string, string>>; readonly signal: AbortSignal },
  ): Promise<{ readonly exitCode: number | undefined; readonly output: string }> {
    const container = this.#get(containerId)
    const { setup, words } = await this.#isolation.enter(container)
    const { user, sandbox } = container.record
    const identity = await planIdentityChange(user === undefined ? {} : { user })
    const script = commandScript({ command, environment: options.environment, directory: sandbox, isTask: false })
    return await runInside({ setup, words: [...words, ...identity], script, signal: options.signal })
  }

  async destroyOrphans(known: ReadonlySet<Api.ContainerId>): Promise<readonly Api.ContainerId[]> {
    const orphans = (await this.#runtime.list()).filter((containerId) => !known.has(containerId))
    const own: Api.ContainerId[] = []
    for (const containerId of orphans) {
      const record = await this.#runtime.readRecord(containerId)
      if (record !== undefined && record.containerizer !== this.name) continue
      await this.destroy(containerId)
      own.push(containerId)
    }
    return own
  }

  close(): Promise<void> {
    this.#shells.close()
    this.#watch.close()
    this.#isolation.close()
    return Promise.resolve()
  }

  #recordOf(of: Api.ContainerSpec | Api.ContainerHandle): ContainerRecord {
    const spec = 'limits' in of ? of : undefined
    return {
      version: 1,
      containerId: of.containerId,
      containerizer: this.name,
      sandbox: of.sandbox,
      ...(spec?.parent === undefined ? {} : { parent: spec.parent }),
      ...(spec?.user === undefined ? {} : { user: spec.user }),
      ...(spec?.io === undefined ? {} : { output: spec.io.output, hasTerminal: spec.io.tty !== undefined }),
    }
  }

  #create(record: ContainerRecord, script: string, options: { readonly isMortal: boolean }): ContainerFiles {
    try {
      return this.#runtime.create(record, script, options)
    } catch (error) {
      throw asIsolationError(error, `cannot write the runtime directory of container ${record.containerId}`)
    }
  }

  async #start(spec: Api.ContainerSpec, { record, files, signal, streams }: Start): Promise<Api.ContainerHandle> {
    const [plan, identity] = await this.#plan(spec)
    const setup = [...plan.parts.setup, ...(spec.io === undefined ? [] : openFifoLines(spec.io))]
    const script = supervisorScript({ ...plan.parts, setup, prefix: [...plan.enter, ...identity] })
    const launchedAt = Date.now()
    const supervisor = await startSupervisor(this.#shells, { files, script, prefix: plan.supervisorPrefix, signal })
    if (!supervisor.started) throw await this.#setupFailure(spec, signal)
    const container = this.#track(record, supervisor.identity, streams)
    this.#watch.add(spec.containerId, supervisor.identity, () => void this.#checkEnd(container))
    this.#isolation.watch(container, () => void this.#onLimit(container))
    const { containerId, sandbox } = spec
    return { containerId, containerizer: this.name, sandbox, ...supervisor.identity, launchedAt }
  }

  async #plan(spec: Api.ContainerSpec): Promise<readonly [LaunchPlan, readonly string[]]> {
    const identity = await planIdentityChange(spec)
    return [await this.#isolation.prepare(spec, await this.#parentOf(spec)), identity]
  }

  async #parentOf({ parent }: Api.ContainerSpec): Promise<ParentContainer | undefined> {
    if (parent === undefined) return undefined
    const { isEnded, supervisor } = this.#get(parent)
    if (isEnded) throw new IsolationError('CONTAINER_UNKNOWN', `the parent container ${parent} has ended already`)
    const child = (await freshProcesses()).find(({ parentPid }) => parentPid === supervisor.pid)
    return { containerId: parent, initPid: child?.pid }
  }

  async #setupFailure(spec: Api.ContainerSpec, signal: AbortSignal): Promise<IsolationError> {
    if (signal.aborted) return new IsolationError('LAUNCH_ABORTED', `the launch of ${spec.containerId} was cancelled`)
    const note = await this.#runtime.readNote(spec.containerId)
    const reason = note === '' ? 'it ended before its command began' : note.replaceAll(/\s*\n\s*/g, '; ')
    if (/can't cd to|cannot create std|Permission denied/.test(note)) {
      const advice = `user ${spec.user ?? 'of the agent'} needs access to ${spec.sandbox} and the directories above it`
      return new IsolationError(
        'SANDBOX_FORBIDDEN',
        `container ${spec.containerId} cannot use its sandbox: ${advice} (${reason})`,
      )
    }
    return new IsolationError('LAUNCH_FAILED', `the set-up of container ${spec.containerId} failed: ${reason}`)
  }

  /** After a failed launch nothing of the container may stay. */
  async #abandon(containerId: Api.ContainerId, record: ContainerRecord): Promise<void> {
    const supervisor = await this.#runtime.readSupervisor(containerId)
    if (supervisor !== undefined) await this.#endProcesses({ containerId, record, supervisor })
    await this.#isolation.release({ containerId, record })
    await this.#runtime.remove(containerId)
    this.#tracked.delete(containerId)
  }

  #track(
    record: ContainerRecord,
    { pid, startTicks }: { pid: number; startTicks: number },
    streams?: ContainerStreams,
  ): Tracked {
    const { promise, resolve } = Promise.withResolvers<Api.Termination>()
    const containerId = record.containerId as Api.ContainerId
    const supervisor = { pid, startTicks }
    const container = {
      containerId,
      record,
      supervisor,
      ended: promise,
      resolveEnded: resolve,
      streams,
      isEnded: false,
      isLimited: false,
    }
    this.#tracked.set(containerId, container)
    return container
  }

  #get(containerId: Api.ContainerId): Tracked {
    const container = this.#tracked.get(containerId)
    if (container !== undefined) return container
    throw new IsolationError('CONTAINER_UNKNOWN', `no container ${containerId} is known to this agent`)
  }

  /** Ends the wait when the status is there, or when the supervisor has gone without one. */
  async #checkEnd(container: Tracked): Promise<void> {
    const { containerId } = container
    if (container.isEnded) return
    let status = this.#runtime.readStatus(containerId)
    if (status === undefined) {
      if (isAlive(container.supervisor)) return
      // Read again after the look at the process: a status written in between is then seen.
      status = this.#runtime.readStatus(containerId)
    }
    const limitation = await this.#isolation.limitation(container)
    if (container.isEnded) return
    container.isEnded = true
    this.#watch.remove(containerId)
    const termination = terminationOf(containerId, status)
    container.resolveEnded(limitation === undefined ? termination : { ...termination, limitation })
  }

  async #onLimit(container: Tracked): Promise<void> {
    if (container.isLimited || container.isEnded) return
    container.isLimited = true
    await this.#killMembers(container)
  }

  async #killMembers(container: IsolatedContainer): Promise<void> {
    let interval = KILL_PASS_INTERVAL_MS
    for (let pass = 0; pass < KILL_PASSES_MAX; pass++) {
      await this.#isolation.killAll(container)
      const members = await this.#isolation.members(container)
      if (members.length === 0) return
      for (const pid of members) kill(pid, 'SIGKILL')
      await sleep(interval)
      interval = Math.min(interval * 2, KILL_PASS_INTERVAL_MAX_MS)
    }
    const left = (await this.#isolation.members(container)).join(', ')
    const message = `container ${container.containerId} cannot be ended: processes ${left} do not die (state D?)`
    throw new IsolationError('LAUNCH_FAILED', message, { retryable: true })
  }

  /** Ends the members, then lets the supervisor write the status; one that hangs is killed as well. */
  async #endProcesses(container: IsolatedContainer): Promise<void> {
    await this.#killMembers(container)
    let interval = KILL_PASS_INTERVAL_MS
    for (let pass = 0; isAlive(container.supervisor); pass++) {
      if (pass > 10) kill(container.supervisor.pid, 'SIGKILL')
      await sleep(interval)
      interval = Math.min(interval * 2, KILL_PASS_INTERVAL_MAX_MS)
      await this.#killMembers(container)
    }
  }

  async #destroy(containerId: Api.ContainerId): Promise<void> {
    const tracked = this.#tracked.get(containerId)
    const record = tracked?.record ?? (await this.#runtime.readRecord(containerId))
    if (record !== undefined) await this.#destroyNested(containerId)
    const supervisor = tracked?.supervisor ?? (await this.#runtime.readSupervisor(containerId))
    if (record !== undefined && supervisor !== undefined) {
      await this.#endProcesses({ containerId, record, supervisor })
    }
    if (tracked !== undefined) await this.#checkEnd(tracked)
    if (record !== undefined) await this.#isolation.release({ containerId, record })
    await this.#runtime.remove(containerId)
    tracked?.streams?.stdin.destroy()
    this.#tracked.delete(containerId)
  }

  /** Nested orphans are ended on their own: whoever is not known is one. */
  async #destroyNested(parent: Api.ContainerId): Promise<void> {
    for (const nested of [...this.#tracked.values()]) {
      if (nested.record.parent === parent) await this.destroy(nested.containerId)
    }
    // Only of a container that nobody recovered may there be others, left on disk by an earlier agent.
    if (this.#tracked.has(parent)) return
    for (const containerId of await this.#runtime.list()) {
      const record = await this.#runtime.readRecord(containerId)
      if (record?.parent === parent) await this.destroy(containerId)
    }
  }
}

function checkSandbox(sandbox: string): void {
  try {
    if (statSync(sandbox).isDirectory()) return
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT' && errnoOf(error) !== 'ENOTDIR')
      throw asIsolationError(error, `cannot use the sandbox ${sandbox}`)
  }
  throw new IsolationError('SANDBOX_MISSING', `the sandbox ${sandbox} is not a directory; create it before the launch`)
}
