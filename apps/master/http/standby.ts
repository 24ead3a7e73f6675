import { sendEmpty, sendText } from './answers.ts'
import type { Exchange } from './answers.ts'

/** Who leads, as a request sees it. */
export type Leading =
  | { readonly state: 'nobody' }
  /** This process was elected and reads the registry. */
  | { readonly state: 'recovering'; readonly leader: string }
  /** This process, ready. */
  | { readonly state: 'here'; readonly leader: string }
  | { readonly state: 'elsewhere'; readonly leader: string }

/** Thrown where the leader's state is asked for and this process does not lead (any more). */
export class NotLeading extends Error {}

/** What a master answers for the leader's endpoints while it does not lead; `target` is the path with its query. */
export function answerAsStandby({ response }: Pick<Exchange, 'response'>, leading: Leading, target: string): void {
  if (leading.state === 'elsewhere') return sendEmpty(response, 307, { Location: `//${leading.leader}${target}` })
  const text = leading.state === 'nobody' ? 'No leader elected' : 'Master has not finished recovery'
  sendText(response, 503, text)
}
