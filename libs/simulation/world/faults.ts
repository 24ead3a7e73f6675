/** Carries out the faults of a scenario, and undoes them all. */
import { calmDiskMs } from '../kernel/index.ts'
import { namesOf } from '../scenario/scenario.ts'
import type { Fault } from '../scenario/scenario.ts'
import type { Cluster } from './cluster.ts'

const calmLatencyMs = 20
const slowDiskMs = 2_000
/** How long a fault waits for its moment. */
const awaitedMs = 60_000
/** A process that is to end at a send ends after that long if it sends nothing. */
const actsMs = 5_000

export class Faults {
  readonly #cluster: Cluster
  readonly #cuts = new Map<string, number>()
  #isOver = false

  constructor(cluster: Cluster) {
    this.#cluster = cluster
  }

  inject(fault: Fault): void {
    this.#cluster.counters.add(`fault ${fault.type}`)
    this.#cluster.log(`FAULT ${textOf(fault)}`)
    switch (fault.type) {
      case 'crash':
        return this.#crash(fault)
      case 'reboot':
        return this.#reboot(fault)
      case 'pause':
        return this.#cluster.members.get(fault.target)?.process.pause(fault.ms)
      case 'partition':
        return this.#partition(fault)
      case 'reset':
        return void this.#cluster.network.reset(this.#leaderOr(fault.one), fault.other)
      case 'clock-jump':
        return this.#jump(fault)
      case 'disk-full':
      case 'disk-slow':
        return this.#disk(fault)
      case 'stop-at-write':
        return this.#cluster.store.stopAtWrite(fault.leader, fault.ms)
      case 'crash-after-end':
        return this.#crashAfterEnd(fault)
      case 'slow-network':
        this.#cluster.network.latencyMs = fault.latencyMs
        return this.#later(fault.ms, () => void (this.#cluster.network.latencyMs = calmLatencyMs))
      default:
        return this.#hitStore(fault)
    }
  }

  /** Everything is whole from now on. */
  heal(): void {
    const { network, store, members, machines, scenario } = this.#cluster
    this.#isOver = true
    this.#cuts.clear()
    network.heal()
    network.latencyMs = calmLatencyMs
    store.stalledUntil = 0
    store.failShare = 0
    store.lossShare = 0
    store.forgetStops()
    for (const machine of machines.values()) {
      machine.onEndTold = () => undefined
      machine.disk.isFull = false
      machine.disk.latencyMs = calmDiskMs
    }
    // Times of schedules mean something again; whoever measures durations alone goes on with a clock that is wrong.
    for (const name of namesOf('chronos', scenario.sizes)) members.get(name)?.setClock(0)
    for (const member of members.values()) member.process.crashAtAct(Infinity, () => undefined)
    for (const member of members.values()) member.process.resume()
    for (const member of members.values()) member.release()
  }

  #leaderOr(target: string): string {
    return this.#cluster.store.holder(target)?.by ?? target
  }

  #later(ms: number, undo: () => void): void {
    this.#cluster.time.after(ms, () => {
      if (!this.#isOver) undo()
    })
  }

  #crash({ target, acts, ms }: Extract<Fault, { type: 'crash' }>): void {
    const member = this.#cluster.members.get(this.#leaderOr(target))
    if (member === undefined || !member.isUp) return
    const { process } = member
    const crash = (): void => {
      if (member.process !== process || !member.isUp) return
      this.#cluster.log(`${process.name} crashes`)
      member.crash(ms)
    }
    process.crashAtAct(acts, crash)
    this.#later(actsMs, crash)
  }

  #reboot({ target, ms }: Extract<Fault, { type: 'reboot' }>): void {
    const member = this.#cluster.members.get(target)
    member?.crash(ms, { isPowerLoss: true })
    this.#cluster.machines.get(target)?.reboot()
  }

  /** Once its agent tells of the end of a task; if it tells of none for long, not at all. */
  #crashAfterEnd({ target, ms }: Extract<Fault, { type: 'crash-after-end' }>): void {
    const { machines, members } = this.#cluster
    const machine = machines.get(target)
    if (machine === undefined) return
    const disarm = (): void => {
      if (machine.onEndTold === onEndTold) machine.onEndTold = () => undefined
    }
    const onEndTold = (): void => {
      disarm()
      this.#cluster.log(`${target} crashes as it has told of an end`)
      members.get(target)?.crash(ms)
    }
    machine.onEndTold = onEndTold
    this.#later(awaitedMs, disarm)
  }

  /** Ways that several partitions cut are free again after the last of them. */
  #partition({ ways, ms }: Extract<Fault, { type: 'partition' }>): void {
    const { network } = this.#cluster
    for (const [from, to] of ways) {
      this.#cuts.set(`${from}>${to}`, (this.#cuts.get(`${from}>${to}`) ?? 0) + 1)
      network.block(from, to)
    }
    this.#later(ms, () => {
      this.#cluster.log('the partition heals')
      for (const [from, to] of ways) {
        const left = (this.#cuts.get(`${from}>${to}`) ?? 1) - 1
        this.#cuts.set(`${from}>${to}`, left)
        if (left === 0) network.unblock(from, to)
      }
    })
  }

  #jump({ target, byMs }: Extract<Fault, { type: 'clock-jump' }>): void {
    const member = this.#cluster.members.get(target)
    member?.setClock(member.skew.ms + byMs)
  }

  #disk({ type, target, ms }: Extract<Fault, { type: 'disk-full' | 'disk-slow' }>): void {
    const disk = this.#cluster.machines.get(target)?.disk
    if (disk === undefined) return
    if (type === 'disk-full') disk.isFull = true
    else disk.latencyMs = slowDiskMs
    this.#later(ms, () => {
      disk.isFull = false
      disk.latencyMs = calmDiskMs
    })
  }

  #hitStore(fault: Extract<Fault, { type: `store-${string}` }>): void {
    const { store, time } = this.#cluster
    if (fault.type === 'store-stall') store.stalledUntil = time.now + fault.ms
    else if (fault.type === 'store-refuses') store.failShare = fault.share
    else store.lossShare = fault.share
    this.#later(fault.ms, () => {
      if (fault.type === 'store-refuses') store.failShare = 0
      if (fault.type === 'store-loses-answers') store.lossShare = 0
    })
  }
}

/** One line for a person. */
export function textOf({ at, ...fault }: Fault): string {
  const { type, ...rest } = fault.type === 'partition' ? { type: fault.type, shape: fault.shape, ms: fault.ms } : fault
  return `${type} ${Object.entries(rest)
    .map(([name, value]) => `${name}=${String(value)}`)
    .join(' ')} at ${at / 1000} s`
}
