/** The words that owners of jobs are told in. */
import type { Notification } from '@thermosphere/chronos-core'

export type Message = {
  readonly subject: string
  readonly body: string
  /** Mail addresses of the owner, possibly none. */
  readonly owners: readonly string[]
  readonly job: Notification['job']
}

const subjects: Readonly<Record<Notification['about'], (name: string) => string>> = {
  failed: (name) => `job '${name}' failed!`,
  disabled: (name) => `job '${name}' disabled`,
  deleted: (name) => `Your job '${name}' was deleted!`,
}

export function messageOf({ about, job, message }: Notification, clusterName: string | undefined): Message {
  const cluster = clusterName === undefined ? '' : `[${clusterName}] `
  const owners = job.owner.split(',').map((owner) => owner.trim())
  return {
    subject: `${cluster}[Chronos] ${subjects[about](job.name)}`,
    body: message,
    owners: owners.filter((owner) => owner !== ''),
    job,
  }
}

export const lineOf = ({ subject, body }: Message): string => (body === '' ? subject : `${subject}: ${body}`)

/** The document of --http_notification_url: every value is a string. */
export function stringDocument({ subject, body, job }: Message): Record<string, string> {
  const { name, command, cpus, mem, softError, retries, executor, executorFlags } = job
  const { errorCount, errorsSinceLastSuccess, successCount, lastError, lastSuccess, uris, fetch } = job
  const given = uris.length > 0 ? uris : fetch.map(({ uri }) => uri)
  const values = {
    ...{ subject, message: body, to: job.owner, job: name, command, cpus, softError, errorCount },
    ...{ errorsSinceLastSuccess, executor, executorFlags, lastError, lastSuccess, mem, retries, successCount },
    uris: given.join(','),
  }
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, String(value)]))
}
