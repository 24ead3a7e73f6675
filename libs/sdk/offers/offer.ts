/** An offer as a framework's author answers it. */
import type { mesos } from '@thermosphere/protocol'
import { CallError } from '@thermosphere/protocol/node'
import { OfferError } from '../errors.ts'
import type { OfferErrorCode } from '../errors.ts'
import type { Task } from '../tasks/index.ts'
import { FreeResources } from './needs.ts'
import type { Needs } from './needs.ts'
import { planLaunch } from './task-spec.ts'
import type { TaskSpec } from './task-spec.ts'

export type AnswerOptions = {
  /** Milliseconds for which what is left of the offer is not offered to this framework again. */
  readonly refuseMs?: number
}

/** Resources of one agent, for one role. It is answered once. */
export interface Offer {
  readonly id: string
  readonly agentId: string
  readonly hostname: string
  /** The role that the resources are for. */
  readonly role: string
  /** The agent's attributes, as text. */
  readonly attributes: ReadonlyMap<string, string>
  /** Everything that the master said. */
  readonly info: mesos.Offer
  /** False once it was answered, rescinded, declined for its age, or lost with the connection. */
  readonly isOpen: boolean
  /** How much is free: cpus, MiB of memory and disk, gpus, ports. */
  readonly free: Required<Omit<Needs, 'ports'>> & { readonly ports: readonly number[] }
  fits(needs: Needs): boolean
  /**
   * Launches all tasks or none. Resolves with their handles when the master has the call, or when it is not known
   * whether it has: reconciliation will tell. Resolves with undefined, and nothing was launched, when the offer is gone
   * by then: take another. Rejects with OfferError if the tasks do not fit or the master refuses the call.
   */
  launch(tasks: readonly TaskSpec[], options?: AnswerOptions): Promise<Task[] | undefined>
  /** Any operations, in Mesos' spelling: reservations, volumes, task groups. As `launch` otherwise. */
  accept(operations: readonly mesos.Offer_Operation[], options?: AnswerOptions): Promise<Task[] | undefined>
  /** Gives it back. Does nothing to an offer that is not open any more. */
  decline(options?: AnswerOptions): void
  /** The loop over offers declines one that was not answered when the next is asked for; not this one. */
  keep(): void
}

/** Who brings answers to the master. */
export type Answerer = {
  /** Rejects with CallError. */
  readonly accept: (
    offer: mesos.Offer,
    operations: readonly mesos.Offer_Operation[],
    options: AnswerOptions,
  ) => Promise<Task[]>
  readonly decline: (offerIds: readonly mesos.OfferID[], options: AnswerOptions) => void
}

export type OfferHooks = Answerer & { readonly onClosed: (offer: OpenOffer) => void }

function attributeText({ scalar, text, ranges, set }: mesos.Attribute): string {
  if (text !== undefined) return text.value
  if (scalar !== undefined) return String(scalar.value)
  if (ranges !== undefined) return (ranges.range ?? []).map(({ begin, end }) => `${begin}-${end}`).join(',')
  return (set?.item ?? []).join(',')
}

/** What the pool does to an offer besides. */
export class OpenOffer implements Offer {
  readonly info: mesos.Offer
  readonly #hooks: OfferHooks
  readonly #free: FreeResources
  #state: 'open' | 'answered' | 'gone' = 'open'
  #isKept = false

  constructor(info: mesos.Offer, hooks: OfferHooks) {
    this.info = info
    this.#hooks = hooks
    this.#free = new FreeResources(info.resources ?? [])
  }

  get id(): string {
    return this.info.id.value
  }

  get agentId(): string {
    return this.info.agent_id.value
  }

  get hostname(): string {
    return this.info.hostname
  }

  get role(): string {
    return this.info.allocation_info?.role ?? '*'
  }

  get attributes(): ReadonlyMap<string, string> {
    return new Map(this.info.attributes?.map((attribute) => [attribute.name, attributeText(attribute)]))
  }

  get isOpen(): boolean {
    return this.#state === 'open'
  }

  get isKept(): boolean {
    return this.#isKept
  }

  get free(): Offer['free'] {
    const free = this.#free
    const [cpus, memMib, diskMib, gpus] = [
      free.amount('cpus'),
      free.amount('mem'),
      free.amount('disk'),
      free.amount('gpus'),
    ]
    return { cpus, memMib, diskMib, gpus, ports: free.ports }
  }

  fits(needs: Needs): boolean {
    return this.#free.lack(needs) === undefined
  }

  async launch(tasks: readonly TaskSpec[], options: AnswerOptions = {}): Promise<Task[] | undefined> {
    const plan = planLaunch(tasks, this.info, this.#free)
    if (plan.type === 'lacks')
      throw this.#error('OFFER_TOO_SMALL', `${plan.reason}, on ${this.hostname}: ask \`fits\` before`)
    return this.accept([{ type: 'LAUNCH', launch: { task_infos: plan.tasks } }], options)
  }

  async accept(operations: readonly mesos.Offer_Operation[], options: AnswerOptions = {}): Promise<Task[] | undefined> {
    if (this.#state === 'answered')
      throw this.#error('OFFER_ANSWERED', `offer ${this.id} was answered before: launch all of its tasks in one call`)
    if (this.#state === 'gone') return undefined
    this.#close('answered')
    try {
      return await this.#hooks.accept(this.info, operations, options)
    } catch (error) {
      if (!(error instanceof CallError)) throw error
      if (error.code === 'NOT_SUBSCRIBED') return undefined
      const message = `the master refused the answer to offer ${this.id}: ${error.message}; nothing was launched`
      throw this.#error('ACCEPT_REFUSED', message, error)
    }
  }

  decline(options: AnswerOptions = {}): void {
    if (!this.isOpen) return
    this.#close('answered')
    this.#hooks.decline([this.info.id], options)
  }

  keep(): void {
    this.#isKept = true
  }

  /** It cannot be answered any more. */
  expire(): void {
    if (this.isOpen) this.#close('gone')
  }

  #close(state: 'answered' | 'gone'): void {
    this.#state = state
    this.#hooks.onClosed(this)
  }

  #error(code: OfferErrorCode, message: string, cause?: unknown): OfferError {
    return new OfferError(code, message, { offerId: this.id, cause })
  }
}
