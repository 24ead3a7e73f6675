/**
 * Cgroups, and a pid and a mount namespace per container. The supervisor stays outside of the container's cgroups and
 * pid namespace, so whatever ends the container leaves it to write down how.
 * A nested container joins its parent's namespaces and accounting; a cgroup of its own only tells its processes.
 */
import { totalmem } from 'node:os'
import { IsolationError } from '../errors.ts'
import { OOM_POLL_INTERVAL_MS } from '../limits.ts'
import { memoryLimitMessage, oomScoreAdjust } from './arithmetic.ts'
import { planMounts } from './mounts.ts'
import type { ContainerLimits, ContainerSpec, ContainerUsage, Termination } from '../containerizer.ts'
import type { IsolatedContainer, LaunchPlan, ParentContainer, ProcessIsolation } from '../process/process-isolation.ts'
import type { CgroupPlace, Cgroups } from './cgroups.ts'

/** Mounts of the host that come later (volumes) are seen inside, never the other way round. */
const NEW_NAMESPACES = ['unshare', '--pid', '--mount', '--propagation', 'slave', '--']

type Placed = Pick<IsolatedContainer, 'containerId' | 'record'>

function placeOf({ containerId, record }: Placed): CgroupPlace {
  return { containerId, parent: record.parent as CgroupPlace['parent'] }
}

export class LinuxIsolation implements ProcessIsolation {
  readonly name = 'linux'
  readonly #cgroups: Cgroups
  readonly #watched = new Map<IsolatedContainer, () => void>()
  #timer: NodeJS.Timeout | undefined

  constructor(cgroups: Cgroups) {
    this.#cgroups = cgroups
  }

  async prepare(spec: ContainerSpec, parent: ParentContainer | undefined): Promise<LaunchPlan> {
    const place = { containerId: spec.containerId, parent: parent?.containerId }
    await this.#cgroups.create(place)
    await this.#cgroups.limit(place, spec.limits)
    const mounts = await planMounts(spec)
    if (parent !== undefined) return this.#planNested(place, parent, mounts)
    const score = oomScoreAdjust(spec.limits, totalmem())
    const setup = [
      ...(score === undefined ? [] : [`echo ${String(score)} >/proc/self/oom_score_adj`]),
      ...this.#cgroups.joinLines(place),
      'mount -t proc proc /proc',
      ...mounts,
    ]
    return { supervisorPrefix: NEW_NAMESPACES, parts: { setup, isInit: true }, enter: [] }
  }

  members(container: IsolatedContainer): Promise<readonly number[]> {
    return this.#cgroups.members(placeOf(container))
  }

  killAll(container: IsolatedContainer): Promise<void> {
    return this.#cgroups.killAll(placeOf(container))
  }

  async limitation(container: IsolatedContainer): Promise<Termination['limitation']> {
    const place = placeOf(container)
    if ((await this.#cgroups.outOfMemoryKills(place)) === 0) return undefined
    return { resource: 'mem', message: memoryLimitMessage(await this.#cgroups.memoryReport(place)) }
  }

  usage(container: IsolatedContainer): Promise<ContainerUsage> {
    return this.#cgroups.usage(placeOf(container), Date.now() / 1000)
  }

  update(container: IsolatedContainer, limits: ContainerLimits): Promise<void> {
    return this.#cgroups.limit(placeOf(container), limits)
  }

  async enter(container: IsolatedContainer): Promise<{ setup: readonly string[]; words: readonly string[] }> {
    const [first] = await this.members(container)
    if (first === undefined)
      throw new IsolationError('CONTAINER_UNKNOWN', `container ${container.containerId} has no process any more`)
    const words = ['nsenter', `--target=${String(first)}`, '--pid', '--mount', '--']
    return { setup: this.#cgroups.joinLines(placeOf(container)), words }
  }

  watch(container: IsolatedContainer, onLimit: () => void): void {
    // v2 ends the whole group by itself; v1 kills one process, and only a look at the counter tells.
    if (this.#cgroups.version === 2 || container.record.parent !== undefined) return
    this.#watched.set(container, onLimit)
    this.#timer ??= setInterval(() => void this.#poll(), OOM_POLL_INTERVAL_MS).unref()
  }

  async release(container: Placed): Promise<void> {
    for (const watched of this.#watched.keys()) {
      if (watched.containerId === container.containerId) this.#watched.delete(watched)
    }
    if (this.#watched.size === 0) this.close()
    await this.#cgroups.remove(placeOf(container))
  }

  close(): void {
    clearInterval(this.#timer)
    this.#timer = undefined
  }

  #planNested(place: CgroupPlace, parent: ParentContainer, mounts: readonly string[]): LaunchPlan {
    const { initPid } = parent
    if (initPid === undefined)
      throw new IsolationError('CONTAINER_UNKNOWN', `the parent container ${parent.containerId} has no process yet`)
    if (mounts.length > 0)
      throw new IsolationError(
        'UNSUPPORTED',
        'volumes of a nested container are not mounted apart; give them to its parent',
      )
    const target = `--target=${String(initPid)}`
    return {
      // For its children only: the supervisor itself stays in the agent's pid namespace.
      supervisorPrefix: ['nsenter', target, '--pid', '--no-fork', '--'],
      parts: { setup: this.#cgroups.joinLines(place), isInit: false },
      enter: ['nsenter', target, '--mount', '--'],
    }
  }

  async #poll(): Promise<void> {
    for (const [container, onLimit] of [...this.#watched]) {
      if ((await this.#cgroups.outOfMemoryKills(placeOf(container))) === 0) continue
      this.#watched.delete(container)
      onLimit()
    }
  }
}
