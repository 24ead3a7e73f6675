import type { ReactNode } from 'react'
import { useId } from 'react'
import { StatusMark } from './StatusMark.tsx'
import type { Status } from './status.ts'

/** A titled part of a page. */
export function Panel(props: {
  title?: ReactNode
  actions?: ReactNode
  flush?: boolean
  children: ReactNode
  className?: string
}) {
  const id = useId()
  const labelled = props.title === undefined ? {} : { 'aria-labelledby': id }
  return (
    <section className={`panel ${props.className ?? ''}`} {...labelled}>
      {props.title !== undefined && (
        <div className="panel-head">
          <h2 id={id}>{props.title}</h2>
          {props.actions}
        </div>
      )}
      <div className="panel-body" data-flush={props.flush === true ? '' : undefined}>
        {props.children}
      </div>
    </section>
  )
}

export function Facts({ items }: { items: readonly (readonly [string, ReactNode])[] }) {
  return (
    <dl className="facts">
      {items.map(([name, value]) => (
        <div key={name} style={{ display: 'contents' }}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  )
}

export function Empty({ title, children, action }: { title: string; children?: ReactNode; action?: ReactNode }) {
  return (
    <div className="empty">
      <h2>{title}</h2>
      {children !== undefined && <p>{children}</p>}
      {action}
    </div>
  )
}

/** A sentence that matters, with its status. Failing ones are announced to screen readers. */
export function Notice({ status, children, actions }: { status: Status; children: ReactNode; actions?: ReactNode }) {
  return (
    <div className="notice" data-status={status} role={status === 'failing' ? 'alert' : 'note'}>
      <StatusMark status={status} />
      <div>{children}</div>
      {actions}
    </div>
  )
}

export function Skeleton({ height = 16, width = '100%' }: { height?: number; width?: number | string }) {
  return <div className="skeleton" style={{ height, width }} />
}

export function SkeletonLines({ count = 3 }: { count?: number }) {
  return (
    <div className="lines-3" role="status" aria-label="Loading">
      {Array.from({ length: count }, (_, index) => (
        <Skeleton key={index} width={`${92 - ((index * 17) % 45)}%`} />
      ))}
    </div>
  )
}
