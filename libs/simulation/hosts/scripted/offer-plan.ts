/** What a framework does with one offer: operations one after another, each with what those before it have left. */
import { isReserved, Resources } from '@thermosphere/offer-engine'
import type { Item } from '@thermosphere/offer-engine'
import type { mesos } from '@thermosphere/protocol'
import type { Wish } from '../../scenario/wish.ts'

type Operation = mesos.Offer_Operation

const cpusATask = 1
const memATask = 64
const cpusAnExecutor = 0.1
const memAnExecutor = 32
/** What goes with a cpu that is reserved. */
const memACpu = 128

export type OfferPlanOptions = {
  readonly offer: mesos.Offer
  readonly role: string
  /** Makes the ids of tasks and operations. */
  readonly nextTaskId: () => string
  readonly nextOperationId: () => string
}

const isRevocable = ({ meta }: Item): boolean => meta.revocable !== undefined
const isPlain = (item: Item): boolean => item.type === 'SCALAR' && item.meta.disk === undefined && !isRevocable(item)
const isVolume = ({ meta }: Item): boolean => meta.disk?.persistence !== undefined

const commandOf = (value: string): Pick<mesos.TaskInfo, 'command'> => ({ command: { value, shell: true } })

export class OfferPlan {
  readonly operations: Operation[] = []
  readonly launched: mesos.TaskInfo[] = []
  readonly #options: OfferPlanOptions
  #left: Resources

  constructor(options: OfferPlanOptions) {
    this.#options = options
    this.#left = Resources.fromWire(options.offer.resources ?? [])
  }

  /** On an executor of the framework, which may have to be started for it. */
  launchOn(executor: mesos.ExecutorInfo, command: string): boolean {
    const own = [this.#fresh('cpus', cpusAnExecutor), this.#fresh('mem', memAnExecutor)]
    const held = own.filter((one) => one !== undefined)
    const before = this.#left
    this.#left = this.#left.subtract(Resources.fromWire(held))
    const cpus = this.#scalar('cpus', cpusATask)
    const mem = this.#scalar('mem', memATask)
    if (held.length < own.length || cpus === undefined || mem === undefined) {
      this.#left = before
      return false
    }
    const info = { executor: { ...executor, resources: held }, data: new TextEncoder().encode(command) }
    return this.#run(info, [cpus, mem])
  }

  /** False when too little is left. */
  launch(command: string, volume?: mesos.Resource): boolean {
    const cpus = this.#scalar('cpus', cpusATask)
    const mem = this.#scalar('mem', memATask)
    if (cpus === undefined || mem === undefined) return false
    return this.#run(commandOf(command), [cpus, mem, ...(volume === undefined ? [] : [volume])])
  }

  /** On cpus that may be taken back, with memory that may be as well if there is such; false when there are none. */
  burst(command: string): boolean {
    const cpus = this.#revocable('cpus', cpusATask)
    const mem = this.#revocable('mem', memATask) ?? this.#scalar('mem', memATask)
    return cpus !== undefined && mem !== undefined && this.#run(commandOf(command), [cpus, mem])
  }

  #run(what: Pick<mesos.TaskInfo, 'command' | 'executor' | 'data'>, resources: mesos.Resource[]): true {
    this.#left = this.#left.subtract(Resources.fromWire(resources))
    const id = this.#options.nextTaskId()
    const info: mesos.TaskInfo = {
      name: id,
      task_id: { value: id },
      agent_id: this.#options.offer.agent_id,
      resources,
      ...what,
    }
    this.launched.push(info)
    const last = this.operations.at(-1)
    if (last?.launch === undefined) this.operations.push({ type: 'LAUNCH', launch: { task_infos: [info] } })
    else this.operations[this.operations.length - 1] = withTask(last, info)
    return true
  }

  /** False when this offer is not the one for it. */
  fulfil(wish: Wish): boolean {
    switch (wish.type) {
      case 'reserve':
        return this.#apply(wish, this.#reserve([this.#fresh('cpus', wish.cpus), this.#fresh('mem', memACpu)]))
      case 'unreserve': {
        const item = this.#find((one) => isPlain(one) && isReserved(one.meta))
        return item !== undefined && this.#apply(wish, { type: 'UNRESERVE', unreserve: { resources: [item] } })
      }
      case 'create':
        return this.#create(wish)
      case 'use': {
        const volume = this.#find(isVolume)
        return volume !== undefined && this.launch(wish.command, volume)
      }
      case 'destroy':
        return this.#destroy(wish)
      default:
        return this.#resize(wish)
    }
  }

  #create(wish: Extract<Wish, { type: 'create' }>): boolean {
    const { id, mib, command } = wish
    const disk = this.#fresh('disk', mib)
    const [reserved] = disk === undefined ? [] : this.#reserved([disk])
    if (reserved === undefined || !this.#apply(wish, this.#reserve([disk]))) return false
    const volume: mesos.Resource = {
      ...reserved,
      disk: { persistence: { id }, volume: { container_path: 'data', mode: 'RW' } },
    }
    if (this.#apply(wish, { type: 'CREATE', create: { volumes: [volume] } }) && command !== undefined)
      this.launch(command, volume)
    return true
  }

  #destroy(wish: Extract<Wish, { type: 'destroy' }>): boolean {
    const volume = this.#find(isVolume)
    if (volume === undefined) return false
    const isDone = this.#apply(wish, { type: 'DESTROY', destroy: { volumes: [volume] } })
    const { disk: _disk, ...rest } = volume
    if (isDone && wish.isUnreserved) this.#apply(wish, { type: 'UNRESERVE', unreserve: { resources: [rest] } })
    return isDone
  }

  #resize({ type, mib, ...wish }: Extract<Wish, { type: 'grow' | 'shrink' }>): boolean {
    const volume = this.#find(isVolume)
    if (volume === undefined) return false
    if (type === 'shrink') {
      const shrink_volume = { volume, subtract: { value: mib } }
      return (volume.scalar?.value ?? 0) > mib && this.#apply(wish, { type: 'SHRINK_VOLUME', shrink_volume })
    }
    const { disk: _disk, ...rest } = volume
    const addition = { ...rest, scalar: { value: mib } }
    return this.#apply(wish, { type: 'GROW_VOLUME', grow_volume: { volume, addition } })
  }

  #apply({ isNamed }: Pick<Wish, 'isNamed'>, operation: Operation | undefined): boolean {
    const result = operation && this.#left.apply(operation)
    if (operation === undefined || result?.ok !== true) return false
    this.#left = result.resources
    this.operations.push(isNamed ? { ...operation, id: { value: this.#options.nextOperationId() } } : operation)
    return true
  }

  #reserve(unreserved: readonly (mesos.Resource | undefined)[]): Operation | undefined {
    const all = unreserved.filter((one) => one !== undefined)
    if (all.length < unreserved.length) return undefined
    return { type: 'RESERVE', reserve: { resources: this.#reserved(all) } }
  }

  #reserved(unreserved: readonly mesos.Resource[]): mesos.Resource[] {
    const { role } = this.#options
    return unreserved.map((one) => ({ ...one, reservations: [{ type: 'DYNAMIC', role }] }))
  }

  #find(isWanted: (item: Item) => boolean): mesos.Resource | undefined {
    return this.#left.filter(isWanted).toWire()[0]
  }

  #revocable(name: string, value: number): mesos.Resource | undefined {
    const found = this.#find((item) => isRevocable(item) && item.meta.name === name)
    return found !== undefined && (found.scalar?.value ?? 0) >= value ? { ...found, scalar: { value } } : undefined
  }

  /** Of what nobody has reserved. */
  #fresh(name: string, value: number): mesos.Resource | undefined {
    return this.#scalar(name, value, (item) => !isReserved(item.meta))
  }

  /** So much of one kind, reserved if there is such. */
  #scalar(name: string, value: number, isWanted: (item: Item) => boolean = () => true): mesos.Resource | undefined {
    const all = this.#left.filter((item) => isPlain(item) && item.meta.name === name && isWanted(item)).toWire()
    const enough = all.filter(({ scalar }) => (scalar?.value ?? 0) >= value)
    const found = enough.find(({ reservations }) => reservations !== undefined) ?? enough[0]
    return found && { ...found, scalar: { value } }
  }
}

function withTask(operation: Operation, info: mesos.TaskInfo): Operation {
  return { ...operation, launch: { task_infos: [...(operation.launch?.task_infos ?? []), info] } }
}
