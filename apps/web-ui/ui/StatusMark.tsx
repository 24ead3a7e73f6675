import type { ReactNode } from 'react'
import type { Status } from './status.ts'

const shapes: Record<Status, ReactNode> = {
  healthy: <circle cx="6" cy="6" r="4.5" fill="currentColor" />,
  working: (
    <circle
      cx="6"
      cy="6"
      r="4.2"
      fill="none"
      stroke="currentColor"
      strokeWidth="2"
      strokeDasharray="18 8.4"
      strokeLinecap="round"
    />
  ),
  waiting: (
    <>
      <circle cx="6" cy="6" r="4.5" fill="none" stroke="currentColor" strokeWidth="1.6" />
      <path d="M6 1.5a4.5 4.5 0 0 1 0 9z" fill="currentColor" />
    </>
  ),
  failing: (
    <path d="M6 1.2 11.2 10.4H.8z" fill="currentColor" stroke="currentColor" strokeWidth="1" strokeLinejoin="round" />
  ),
  stopped: <rect x="2" y="2" width="8" height="8" rx="1.6" fill="currentColor" />,
}

/** The shape and colour of a status. Decorative: the word beside it, or `label`, tells it. */
export function StatusMark({ status, label }: { status: Status; label?: string }) {
  const named = label === undefined ? { 'aria-hidden': true } : { role: 'img', 'aria-label': label }
  return (
    <span className="mark" data-status={status} title={label} {...named}>
      <svg viewBox="0 0 12 12">{shapes[status]}</svg>
    </span>
  )
}

export function StatusWord({ status, word }: { status: Status; word: ReactNode }) {
  return (
    <span className="status" data-tone={status}>
      <StatusMark status={status} />
      <span className="status-word ellipsis">{word}</span>
    </span>
  )
}
