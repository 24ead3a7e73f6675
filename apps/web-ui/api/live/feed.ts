import type { Status } from '../../ui/status.ts'
import { limits } from '../../limits.ts'

/** One line of “what happened”: from any of the three streams, with who and why. */
export type FeedEntry = {
  id: string
  at: number
  source: 'cluster' | 'services' | 'jobs'
  status: Status
  subject: {
    kind: 'task' | 'agent' | 'framework' | 'service' | 'job' | 'cluster'
    id: string
    name: string
    frameworkId?: string
  }
  what: string
  why: string
}

/** Newest first, without doubles, bounded. */
export function addToFeed(feed: readonly FeedEntry[], added: readonly FeedEntry[]): FeedEntry[] {
  if (added.length === 0) return [...feed]
  const known = new Set(feed.map((entry) => entry.id))
  const fresh = added.filter((entry) => !known.has(entry.id) && known.add(entry.id))
  return [...fresh, ...feed].sort((a, b) => b.at - a.at).slice(0, limits.feedEntriesMax)
}
