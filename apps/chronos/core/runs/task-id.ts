/** Task ids as scripts and log collectors split them: `ct:<due ms>:<attempt>:<job>:<arguments>`. */
import type { Millis } from '@thermosphere/effects'
import { taskIdLengthMax } from '../limits.ts'

export const taskIdPattern = /^ct:(\d+):(\d+):([\w .#-]+):?(.*)$/s

export type TaskIdParts = {
  readonly dueAt: Millis
  readonly attempt: number
  readonly job: string
  readonly arguments: readonly string[]
}

/** 32-bit FNV-1a: enough to tell two argument lists of one run apart. */
function shortHash(text: string): string {
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  return (hash >>> 0).toString(16).padStart(8, '0')
}

const isLegal = (id: string): boolean =>
  new TextEncoder().encode(id).length <= taskIdLengthMax &&
  ![...id].some((char) => char < ' ' || '/\\\x7f'.includes(char))

/** Arguments that Mesos would refuse in an id are replaced by a hash; the run keeps the real ones. */
export function taskIdOf({ dueAt, attempt, job, arguments: list }: TaskIdParts): string {
  const joined = list.join(' ').replaceAll(';', '')
  const head = `ct:${dueAt}:${attempt}:${job}:`
  return isLegal(head + joined) ? head + joined : `${head}~${shortHash(joined)}`
}
