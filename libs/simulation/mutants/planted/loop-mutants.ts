/** Bugs in what every server stands on: the loop, the candidate, the fence. */
import type { Mutant } from './mutant.ts'

const loop = 'libs/service-kit/loop/core-loop.ts'
const batch = 'libs/service-kit/loop/batch.ts'
const candidate = 'libs/store/candidate/candidate.ts'

export const loopMutants: readonly Mutant[] = [
  {
    name: 'told-before-durable',
    file: loop,
    find: 'this.#growing.held.push(effect)',
    replace: 'this.#options.perform(effect)',
    breaks: ['acknowledged-changes-survive', 'launch-stored-before-accept'],
  },
  {
    name: 'failed-persist-goes-on',
    file: loop,
    find: '(error: unknown) => this.#fail(error),',
    replace: '() => {\n        this.#isPersisting = false\n        this.#onDurable(batch)\n      },',
    breaks: ['acknowledged-changes-survive', 'launch-stored-before-accept'],
  },
  {
    name: 'first-write-of-a-key-wins',
    file: batch,
    find: 'this.#writes.delete(slot)\n    this.#writes.set(slot, write)',
    replace: 'if (!this.#writes.has(slot)) this.#writes.set(slot, write)',
    breaks: ['acknowledged-changes-survive'],
  },
  {
    name: 'fence-skipped',
    file: candidate,
    find: "conditions: [{ type: 'leader', leadership }]",
    replace: 'conditions: []',
    breaks: ['one-leader-writes'],
  },
  {
    name: 'fence-refusal-ignored',
    file: candidate,
    find: 'if (!result.applied) throw new Deposed(leadership.name)',
    replace: 'void result',
    breaks: ['refused-writes-end-the-term'],
  },
  {
    name: 'term-outlives-leadership',
    file: candidate,
    find: 'const over = AbortSignal.any([leadership.lost, this.#closing.signal])',
    replace: 'const over = AbortSignal.any([this.#closing.signal])',
    breaks: ['deposed-leader-stops'],
  },
]
