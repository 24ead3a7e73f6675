import { Button } from '@mantine/core'
import { useEffect } from 'react'
import type { ReactNode } from 'react'
import { Link } from 'react-router'
import type { SourceName } from '../../api/live/connection.ts'
import { useNow } from '../../ui/text/clock.ts'
import { duration } from '../../ui/text/format.ts'
import { Notice } from '../../ui/Panel.tsx'
import { StatusWord } from '../../ui/StatusMark.tsx'
import type { Status } from '../../ui/status.ts'
import { useConnections, useLive } from '../live/hooks.ts'

export type Crumb = { label: string; to?: string }

type PageProps = {
  title: string
  status?: { status: Status; word: string } | undefined
  crumbs?: readonly Crumb[]
  actions?: ReactNode
  /** The streams this page shows; while one is lost, the page is greyed and says since when. */
  sources?: readonly SourceName[]
  children: ReactNode
}

/** A page: where it is, one title line with its status and main actions, then its content. */
export function Page(props: PageProps) {
  const lost = useLost(props.sources ?? [])
  useEffect(() => {
    document.title = `${props.title} · Thermosphere`
  }, [props.title])
  return (
    <div className="page" data-stale={lost === undefined ? undefined : ''}>
      {props.crumbs !== undefined && <Crumbs crumbs={props.crumbs} />}
      <header className="page-head">
        <div className="page-title">
          <h1>{props.title}</h1>
          {props.status !== undefined && <StatusWord {...props.status} />}
        </div>
        {props.actions !== undefined && <div className="page-actions">{props.actions}</div>}
      </header>
      {lost !== undefined && <LostNotice {...lost} />}
      {props.children}
    </div>
  )
}

function Crumbs({ crumbs }: { crumbs: readonly Crumb[] }) {
  return (
    <nav className="crumbs" aria-label="Breadcrumb">
      {crumbs.map((crumb, index) => (
        <span key={`${index}${crumb.label}`} style={{ display: 'contents' }}>
          {index > 0 && <i aria-hidden>/</i>}
          {crumb.to === undefined ? <span>{crumb.label}</span> : <Link to={crumb.to}>{crumb.label}</Link>}
        </span>
      ))}
    </nav>
  )
}

export const partNames: Record<SourceName, string> = { cluster: 'The master', services: 'Marathon', jobs: 'Chronos' }

function useLost(sources: readonly SourceName[]) {
  const connections = useConnections()
  for (const source of sources) {
    const connection = connections[source]
    if (connection.state === 'reconnecting') return { source, ...connection }
  }
  return undefined
}

function LostNotice({
  source,
  lostAt,
  reason,
  hasData,
}: {
  source: SourceName
  lostAt: number
  reason: string
  hasData: boolean
}) {
  const now = useNow()
  const live = useLive()
  return (
    <Notice
      status="waiting"
      actions={
        <Button variant="default" onClick={() => live.retryNow()}>
          Try now
        </Button>
      }
    >
      <strong>{partNames[source]} cannot be reached.</strong>{' '}
      {hasData && `What you see is ${duration(now - lostAt)} old and actions are off. `}
      The dashboard reconnects by itself. <span className="dim">{reason}</span>
    </Notice>
  )
}
