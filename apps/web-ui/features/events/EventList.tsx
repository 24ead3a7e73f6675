import { Link } from 'react-router'
import type { FeedEntry } from '../../api/live/feed.ts'
import { paths } from '../../paths.ts'
import { shortId } from '../../ui/text/format.ts'
import { StatusMark } from '../../ui/StatusMark.tsx'
import { Time } from '../../ui/text/Time.tsx'
import './events.css'

function subjectPath(subject: FeedEntry['subject']): string | undefined {
  switch (subject.kind) {
    case 'task':
      return paths.task(subject.frameworkId ?? '', subject.id)
    case 'agent':
      return paths.node(subject.id)
    case 'framework':
      return paths.framework(subject.id)
    case 'service':
      return subject.id === '/' ? paths.services() : paths.service(subject.id)
    case 'job':
      return paths.job(subject.id)
    case 'cluster':
      return undefined
  }
}

/** What happened, newest first: when, to whom, what, and why. */
export function EventList({ entries }: { entries: readonly FeedEntry[] }) {
  return (
    <div role="list" aria-label="Events">
      {entries.map((entry) => (
        <EventLine key={entry.id} entry={entry} />
      ))}
    </div>
  )
}

export function EventLine({ entry }: { entry: FeedEntry }) {
  const path = subjectPath(entry.subject)
  const name = entry.subject.kind === 'task' ? shortId(entry.subject.id, 44) : entry.subject.name
  return (
    <div className="event" role="listitem">
      <span className="dim">
        <Time at={entry.at} />
      </span>
      <StatusMark status={entry.status} />
      <span className="event-text">
        {entry.what}{' '}
        {path === undefined ? (
          name
        ) : (
          <Link className="link" to={path} title={entry.subject.id}>
            {name}
          </Link>
        )}
        {entry.why !== '' && <span className="dim"> · {entry.why}</span>}
      </span>
    </div>
  )
}
