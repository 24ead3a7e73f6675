import { setTimeout as sleep } from 'node:timers/promises'
import { inspect } from 'node:util'

export type WaitOptions = {
  /** What is waited for, for the message. */
  readonly what: string
  /** 10 s unless said. */
  readonly timeoutMs?: number
}

/** True enough: neither undefined nor false. A condition that throws is asked again. */
export type Condition<T> = () => Promise<T | undefined | false> | T | undefined | false

const lookMs = 20
const shownMax = 2_000

const show = (value: unknown): string => {
  const text = typeof value === 'string' ? value : inspect(value, { depth: 5, breakLength: 120, compact: 3 })
  return text.length > shownMax ? `${text.slice(0, shownMax)} …` : text
}

/** Resolves with what the condition came to; rejects with what was seen last. */
export async function waitFor<T>(
  condition: Condition<T>,
  options: WaitOptions & { readonly takeSeen: () => ReadonlyMap<string, unknown> },
): Promise<T> {
  const { what, timeoutMs = 10_000, takeSeen } = options
  const deadline = Date.now() + timeoutMs
  for (;;) {
    let last: unknown
    takeSeen()
    try {
      const value = await condition()
      if (value !== undefined && value !== false) return value
      last = value
    } catch (error) {
      last = error
    }
    if (Date.now() > deadline)
      throw new Error(timeoutText(what, { timeoutMs, last, seen: takeSeen() }), { cause: last })
    await sleep(lookMs)
  }
}

function timeoutText(
  what: string,
  found: { readonly timeoutMs: number; readonly last: unknown; readonly seen: ReadonlyMap<string, unknown> },
): string {
  const { timeoutMs, last, seen } = found
  const outcome = last instanceof Error ? `failed: ${last.message}` : `was ${String(last)}`
  const answers = [...seen].map(([question, answer]) => `\n  ${question}: ${show(answer)}`).join('')
  return `not within ${timeoutMs} ms: ${what}; the condition ${outcome}; last seen:${answers || ' nothing'}`
}
