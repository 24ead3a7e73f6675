/** Counts the primes in ranges of numbers, each a task, all of an agent in this process. */
import { setImmediate as nextTurn } from 'node:timers/promises'
import { Executor } from '@thermosphere/sdk'

function isPrime(number: number): boolean {
  for (let divisor = 2; divisor * divisor <= number; divisor++) if (number % divisor === 0) return false
  return number > 1
}

function parseRange(text: string): { readonly first: number; readonly last: number } {
  const [, first, last] = /^(\d+)-(\d+)$/.exec(text) ?? []
  if (first === undefined || last === undefined) throw new Error(`'${text}' is not a range such as 1-1000`)
  return { first: Number(first), last: Number(last) }
}

await new Executor({
  async launch(task) {
    task.running()
    const { first, last } = parseRange(Buffer.from(task.info.data ?? []).toString())
    let count = 0
    for (let number = first; number <= last; number++) {
      // Others have their turn, and a kill is heard.
      if (number % 1000 === 0) await nextTurn()
      task.signal.throwIfAborted()
      if (isPrime(number)) count++
    }
    return { data: Buffer.from(String(count)) }
  },
}).run()
