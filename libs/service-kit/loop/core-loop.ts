/**
 * The one shell loop: inputs -> step -> effects, with "persist before you tell" kept in one place.
 *
 *   submit -> queue -> step (in order, a bounded slice a turn) -+-> effects without `after`: performed at once, and all
 *                                                               |   of them before the next step
 *                                                               +-> timers: armed here
 *                                                               +-> store writes + effects with `after` -> batch
 *   batch -> persist (one at a time, one transaction; the next batch grows meanwhile) -> its effects, in order
 *
 * L1 An effect with `after` is performed only after its write is durable.
 * L2 Effects with `after` are performed in the order in which they were decided.
 * L3 Inputs are stepped in the order of submit; a timer that was cancelled or re-armed never fires late.
 * L4 A step that its core cuts (`cut`) is one step: no other input comes in between, and nobody who waits for `whole`
 *    reads what is half done.
 * L5 After a failed persist, a throw in step or in perform nothing more happens; onFatal is called once.
 */
import type { LoopEffect, StoreWrite } from '@thermosphere/effects'
import { invariant } from '@thermosphere/effects'
import { Batch } from './batch.ts'
import type { PerformedEffect } from './effect-kinds.ts'
import { isCutEffect, isPerformed, isStoreEffect, isTimerEffect } from './effect-kinds.ts'
import { LOOP_LIMITS } from './limits.ts'
import { realLoopClock } from './loop-clock.ts'
import type { Cancel, LoopClock } from './loop-clock.ts'
import type { ArmedTimer } from './timer-heap.ts'
import { TimerHeap } from './timer-heap.ts'

/** What a loop takes from where it runs. A server process gives nothing; tests of whole clusters do. */
export type LoopSurroundings = {
  /** Aborts when the process is to be dead: from then on nothing is stepped, written or performed. */
  readonly halt?: AbortSignal | undefined
  /** Where time and turns come from; the machine's own unless given. */
  readonly clock?: LoopClock | undefined
}

export type CoreLoopOptions<Input, Effect extends LoopEffect> = LoopSurroundings & {
  /** The core. */
  step(input: Input, now: number): readonly Effect[]
  /** Applies the writes as one and resolves once they are durable. */
  persist(writes: readonly StoreWrite[]): Promise<void>
  /** Carries out every effect that is neither a store nor a timer effect. */
  perform(effect: PerformedEffect<Effect>): void
  /** The input that tells the core that timer `key` fired. */
  timerInput(key: string): Input
  /** The input that goes on with a step that was cut; for cores that cut steps. */
  readonly restInput?: Input
  /** The loop has stopped for good; the process should end. */
  onFatal(error: unknown): void
}

type Item<Input> = { readonly input: Input } | { readonly timer: ArmedTimer }
type State = 'running' | 'closing' | 'stopped'

/** Runs one core. */
export class CoreLoop<Input, Effect extends LoopEffect> {
  readonly #options: CoreLoopOptions<Input, Effect>
  readonly #clock: LoopClock
  readonly #timers = new TimerHeap()
  #queue: Item<Input>[] = []
  #queueHead = 0
  #isCut = false
  #whole: PromiseWithResolvers<void> | undefined
  /** Without `after`, of the last step: they did not fit into the slice. */
  #undone: PerformedEffect<Effect>[] = []
  #undoneHead = 0
  #growing = new Batch<PerformedEffect<Effect>>()
  #isPersisting = false
  #durable: PerformedEffect<Effect>[] = []
  #durableHead = 0
  #state: State = 'running'
  #turn: Cancel | undefined
  #sleep: Cancel | undefined
  #sleepUntil = Infinity
  /** What the clocks said last. */
  #latest = -Infinity
  #latestMonotonic = 0
  #closed: PromiseWithResolvers<void> | undefined
  #steppedCount = 0
  #persistCount = 0

  constructor(options: CoreLoopOptions<Input, Effect>) {
    this.#options = options
    this.#clock = options.clock ?? realLoopClock
    if (options.halt?.aborted === true) this.#stop()
    else options.halt?.addEventListener('abort', () => this.#stop(), { once: true })
  }

  /** Queues an input; ignored once the loop is closing. */
  submit(input: Input): void {
    if (this.#state !== 'running') return
    this.#queue.push({ input })
    this.#schedule()
  }

  /** Steps what is queued, waits until it is durable and performed, then stops. Timers no longer fire. */
  close(): Promise<void> {
    this.#closed ??= Promise.withResolvers<void>()
    if (this.#state === 'running') {
      this.#state = 'closing'
      this.#sleep?.()
      this.#timers.clear()
      this.#schedule()
    } else if (this.#state === 'stopped') this.#closed.resolve()
    return this.#closed.promise
  }

  /** Inputs that are not stepped yet. */
  get queuedCount(): number {
    return this.#queue.length - this.#queueHead
  }

  /** Resolves when no step is under way: until the next turn the core's state is that of one moment. */
  async whole(): Promise<void> {
    while (this.#isCut && this.#state !== 'stopped') {
      this.#whole ??= Promise.withResolvers<void>()
      await this.#whole.promise
    }
  }

  /** Figures for metrics. */
  stats(): LoopStats {
    return {
      queuedCount: this.queuedCount,
      unpersistedWriteCount: this.#growing.writeCount,
      heldEffectCount:
        this.#growing.held.length +
        (this.#durable.length - this.#durableHead) +
        (this.#undone.length - this.#undoneHead),
      timerCount: this.#timers.size,
      steppedCount: this.#steppedCount,
      persistCount: this.#persistCount,
    }
  }

  #schedule(): void {
    if (this.#turn !== undefined || this.#state === 'stopped') return
    this.#turn = this.#clock.immediate(() => this.#runTurn())
  }

  #runTurn(): void {
    this.#turn = undefined
    try {
      this.#queueDueTimers()
      this.#performDecided()
      this.#stepQueued()
      this.#startPersist()
      this.#afterTurn()
    } catch (error) {
      this.#fail(error)
    }
  }

  /** A clock that is set back makes nobody wait longer: every timer keeps the time that was left to it. */
  #now(): number {
    const now = this.#clock.now()
    const monotonic = this.#clock.monotonicNow()
    const setBackMs = this.#latest + monotonic - this.#latestMonotonic - now
    if (setBackMs >= LOOP_LIMITS.setBackMsMin) this.#timers.advance(setBackMs)
    this.#latest = now
    this.#latestMonotonic = monotonic
    return now
  }

  /** Due timers go behind the inputs that are already queued; those may still cancel them (L3). */
  #queueDueTimers(): void {
    if (this.#state !== 'running') return
    for (const timer of this.#timers.popDue(this.#now())) this.#queue.push({ timer })
  }

  #stepQueued(): void {
    const deadline = this.#clock.sliceNow() + LOOP_LIMITS.sliceMs
    while (this.#undone.length === 0 && (this.#isCut || this.#queueHead < this.#queue.length)) {
      if (this.#growing.writeCount >= LOOP_LIMITS.batchWritesMax) return
      const item = this.#isCut ? undefined : this.#queue[this.#queueHead++]
      if (this.#isCut) this.#stepRest(deadline)
      else if (item !== undefined) this.#stepItem(item, deadline)
      if (this.#state === 'stopped' || this.#clock.sliceNow() >= deadline) break
    }
    if (this.#queueHead === this.#queue.length) {
      this.#queue = []
      this.#queueHead = 0
    } else if (this.#queueHead > 4096) {
      this.#queue = this.#queue.slice(this.#queueHead)
      this.#queueHead = 0
    }
  }

  #stepItem(item: Item<Input>, deadline: number): void {
    if ('timer' in item && !this.#timers.take(item.timer)) return
    const input = 'timer' in item ? this.#options.timerInput(item.timer.key) : item.input
    this.#steppedCount++
    this.#dispatch(this.#options.step(input, this.#now()), deadline)
  }

  #stepRest(deadline: number): void {
    const { step, restInput } = this.#options
    invariant(restInput !== undefined, 'a core cuts its steps without saying how they go on', {})
    this.#isCut = false
    this.#dispatch(step(restInput, this.#now()), deadline)
    if (this.#isCut) return
    this.#whole?.resolve()
    this.#whole = undefined
  }

  #dispatch(effects: readonly Effect[], deadline: number): void {
    let ids: Set<number> | undefined
    for (const effect of effects) {
      if (!isStoreEffect(effect)) continue
      ids ??= new Set()
      ids.add(effect.id)
      for (const write of effect.writes) this.#growing.add(write)
    }
    for (const effect of effects) {
      if (isCutEffect(effect)) this.#isCut = true
      if (isTimerEffect(effect)) this.#timers.set(effect.key, this.#state === 'running' ? effect.at : undefined)
      if (!isPerformed(effect)) continue
      if ('after' in effect && effect.after !== undefined) {
        invariant(
          typeof effect.after === 'number' && ids?.has(effect.after) === true,
          'an effect waits for a write that its step does not make',
          { effect },
        )
        this.#growing.held.push(effect)
      } else if (this.#undone.length > 0 || this.#clock.sliceNow() >= deadline) this.#undone.push(effect)
      else this.#options.perform(effect)
    }
  }

  /** One persist at a time; what is decided meanwhile goes into the next one. */
  #startPersist(): void {
    if (this.#isPersisting || this.#growing.isEmpty || this.#state === 'stopped') return
    const batch = this.#growing
    this.#growing = new Batch()
    if (batch.writeCount === 0) {
      this.#release(batch)
      return
    }
    this.#isPersisting = true
    this.#persistCount++
    this.#options.persist(batch.writes()).then(
      () => {
        this.#isPersisting = false
        this.#onDurable(batch)
      },
      (error: unknown) => this.#fail(error),
    )
  }

  #onDurable(batch: Batch<PerformedEffect<Effect>>): void {
    if (this.#state === 'stopped') return
    try {
      this.#release(batch)
      this.#startPersist()
      this.#performDecided()
      this.#afterTurn()
    } catch (error) {
      this.#fail(error)
    }
  }

  #release(batch: Batch<PerformedEffect<Effect>>): void {
    for (const effect of batch.held) this.#durable.push(effect)
  }

  /** What the last step told at once comes before anything else. */
  #performDecided(): void {
    const deadline = this.#clock.sliceNow() + LOOP_LIMITS.sliceMs
    this.#undoneHead = this.#performSome(this.#undone, this.#undoneHead, deadline)
    if (this.#undoneHead < this.#undone.length) return
    this.#undone = []
    this.#undoneHead = 0
    this.#durableHead = this.#performSome(this.#durable, this.#durableHead, deadline)
    if (this.#durableHead < this.#durable.length) return
    this.#durable = []
    this.#durableHead = 0
  }

  /** From `head` on, for as long as there is time; returns where it stopped. */
  #performSome(effects: readonly PerformedEffect<Effect>[], head: number, deadline: number): number {
    let at = head
    while (at < effects.length && this.#state !== 'stopped') {
      const effect = effects[at++]
      if (effect !== undefined) this.#options.perform(effect)
      if (this.#clock.sliceNow() >= deadline) break
    }
    return at
  }

  #afterTurn(): void {
    if (this.#state === 'stopped') return
    const hasDecided = this.#undone.length > 0 || this.#durable.length > 0
    const isStalled = this.#isPersisting && this.#growing.writeCount >= LOOP_LIMITS.batchWritesMax
    const hasQueued = this.#isCut || this.#queue.length > 0
    if (hasDecided || (hasQueued && !isStalled)) this.#schedule()
    else if (this.#state === 'closing' && !hasQueued && !this.#isPersisting && this.#growing.isEmpty) this.#stop()
    if (this.#state === 'running') this.#sleepUntilNextTimer()
  }

  #sleepUntilNextTimer(): void {
    const now = this.#now()
    const at = this.#timers.earliest() ?? Infinity
    if (at === this.#sleepUntil) return
    this.#sleep?.()
    this.#sleepUntil = at
    if (at === Infinity) return
    const ms = Math.min(Math.max(0, Math.ceil(at - now)), LOOP_LIMITS.timerSleepMsMax)
    this.#sleep = this.#clock.timeout(() => {
      this.#sleepUntil = Infinity
      this.#schedule()
    }, ms)
  }

  #fail(error: unknown): void {
    if (this.#state === 'stopped') return
    this.#stop()
    this.#options.onFatal(error)
  }

  #stop(): void {
    this.#state = 'stopped'
    this.#turn?.()
    this.#sleep?.()
    this.#timers.clear()
    this.#closed?.resolve()
    this.#whole?.resolve()
  }
}

export type LoopStats = {
  readonly queuedCount: number
  readonly unpersistedWriteCount: number
  readonly heldEffectCount: number
  readonly timerCount: number
  readonly steppedCount: number
  readonly persistCount: number
}
