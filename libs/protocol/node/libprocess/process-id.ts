/** Processes of libprocess, named as `scheduler(1)@127.0.0.1:4000`. */
import { LIBPROCESS_NAME_LENGTH_MAX } from './limits.ts'

export type ProcessId = {
  /** The part before the `@`: `scheduler(1)`, or `master`. */
  readonly id: string
  /** An address, without the brackets of IPv6, or a host's name. */
  readonly host: string
  readonly port: number
}

// Ids become paths of requests as they are.
const form = /^([\x21-\x7e]*)@(?:\[([0-9a-f:.]+)\]|([\w.-]+)):(\d{1,5})$/i
const notInIds = /[@/?#%]/

/** Undefined for what names no process. */
export function parseProcessId(text: string): ProcessId | undefined {
  if (text.length > 2 * LIBPROCESS_NAME_LENGTH_MAX) return undefined
  const [, id, address6, host = address6, digits] = form.exec(text) ?? []
  const port = Number(digits)
  if (id === undefined || host === undefined || notInIds.test(id)) return undefined
  if (id.length > LIBPROCESS_NAME_LENGTH_MAX || port < 1 || port > 65_535) return undefined
  return { id, host, port }
}

export const formatProcessId = (process: ProcessId): string => `${process.id}@${addressOf(process)}`

/** `host:port`: processes of one address share a connection. */
export const addressOf = ({ host, port }: ProcessId): string => `${host.includes(':') ? `[${host}]` : host}:${port}`
