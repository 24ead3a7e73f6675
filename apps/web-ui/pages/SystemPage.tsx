import { TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { ReactNode } from 'react'
import { addresses } from '../api/addresses.ts'
import { readChronosLeader } from '../api/chronos.ts'
import { readClusterInfo } from '../api/gateway.ts'
import { readMarathonInfo } from '../api/marathon.ts'
import { pingOf, readMasterFlags, readMasterVersion, readMetrics } from '../api/master.ts'
import { keys } from '../api/query-keys.ts'
import { ErrorNotice } from '../features/frame/PageError.tsx'
import { Page } from '../features/frame/Page.tsx'
import { useConnections, useUsage } from '../features/live/hooks.ts'
import { Id } from '../ui/Copy.tsx'
import { duration } from '../ui/text/format.ts'
import { Facts, Panel, SkeletonLines } from '../ui/Panel.tsx'
import { StatusWord } from '../ui/StatusMark.tsx'
import type { Status } from '../ui/status.ts'
import '../features/services/services.css'

/** The parts of the platform: do they answer, how fast, which version, with which flags. */
export function SystemPage() {
  const info = useQuery({ queryKey: keys.clusterInfo, queryFn: ({ signal }) => readClusterInfo(signal) }).data
  const metrics = useQuery({ queryKey: keys.part('metrics'), queryFn: ({ signal }) => readMetrics(signal) }).data
  const uptime = metrics?.['master/uptime_secs']
  return (
    <Page title="System">
      <Panel title="Cluster">
        <Facts
          items={[
            ['Name', info?.name ?? '–'],
            ['Thermosphere', info?.version ?? '–'],
            [
              'Leading master',
              <span key="l" className="mono">
                {info?.leader ?? '–'}
              </span>,
            ],
            ['Master up for', uptime === undefined ? '–' : duration(uptime * 1000)],
            ...(info?.isolation === undefined || info.isolation === null
              ? []
              : [
                  [
                    'Isolation',
                    typeof info.isolation === 'string' ? info.isolation : JSON.stringify(info.isolation),
                  ] as const,
                ]),
          ]}
        />
      </Panel>
      <Panel title="Parts" flush>
        <Parts />
      </Panel>
      <Flags />
    </Page>
  )
}

function Parts() {
  const connections = useConnections()
  const agents = useUsage()?.agents ?? []
  const master = useQuery({ queryKey: keys.part('master'), queryFn: ({ signal }) => readMasterVersion(signal) })
  const marathon = useQuery({ queryKey: keys.part('marathon'), queryFn: ({ signal }) => readMarathonInfo(signal) })
  const chronos = useQuery({ queryKey: keys.part('chronos'), queryFn: ({ signal }) => readChronosLeader(signal) })
  const lost = agents.filter((one) => !one.agent.active).length
  return (
    <>
      <Part
        name="Master"
        ping={addresses.mesos.health}
        stream={connections.cluster.state}
        detail={master.data === undefined ? '' : `speaks Mesos ${master.data.version}`}
      />
      <Part
        name="Marathon"
        ping={addresses.marathon.info}
        stream={connections.services.state}
        detail={marathon.data === undefined ? '' : `version ${marathon.data.version}`}
      >
        {marathon.data?.frameworkId !== undefined && marathon.data.frameworkId !== null && (
          <Id value={marathon.data.frameworkId} max={24} />
        )}
      </Part>
      <Part
        name="Chronos"
        ping={addresses.chronos.ping}
        stream={connections.jobs.state}
        detail={chronos.data === undefined ? '' : `leader ${chronos.data.leader}`}
      />
      <div className="version-row">
        <span style={{ width: 110 }}>Agents</span>
        <StatusWord
          status={agents.length === 0 ? 'waiting' : lost > 0 ? 'failing' : 'healthy'}
          word={
            agents.length === 0
              ? 'None'
              : lost > 0
                ? `${lost} of ${agents.length} unreachable`
                : `${agents.length} active`
          }
        />
        <span className="dim">{[...new Set(agents.map((one) => one.agent.version))].join(', ')}</span>
      </div>
    </>
  )
}

function Part(props: { name: string; ping: string; stream: string; detail: string; children?: ReactNode }) {
  const ping = useQuery({
    queryKey: keys.part(`ping ${props.ping}`),
    queryFn: ({ signal }) => pingOf(props.ping, signal),
    retry: false,
    refetchInterval: 10_000,
  })
  const health: { status: Status; word: string } = ping.isPending
    ? { status: 'working', word: 'Asking' }
    : ping.error !== null
      ? { status: 'failing', word: 'No answer' }
      : { status: 'healthy', word: `Answers in ${Math.max(1, Math.round(ping.data))} ms` }
  return (
    <div className="version-row">
      <span style={{ width: 110 }}>{props.name}</span>
      <StatusWord {...health} />
      <span className="dim">event stream {props.stream}</span>
      <span className="dim">{ping.error === null ? props.detail : ping.error.message}</span>
      <span className="toolbar-space" />
      {props.children}
    </div>
  )
}

function Flags() {
  const [query, setQuery] = useState('')
  const flags = useQuery({
    queryKey: keys.flags,
    queryFn: ({ signal }) => readMasterFlags(signal),
    staleTime: Number.POSITIVE_INFINITY,
  })
  if (flags.error !== null)
    return <ErrorNotice title="The flags cannot be read." error={flags.error} onRetry={() => void flags.refetch()} />
  const shown = Object.entries(flags.data ?? {}).filter(([name, value]) =>
    `${name} ${value}`.toLowerCase().includes(query.toLowerCase()),
  )
  return (
    <Panel
      title="Flags of the master"
      actions={
        <TextInput
          type="search"
          aria-label="Search flags"
          placeholder="Search flags"
          value={query}
          onChange={(event) => setQuery(event.currentTarget.value)}
        />
      }
    >
      {flags.data === undefined ? (
        <SkeletonLines />
      ) : (
        <Facts
          items={shown.map(
            ([name, value]) =>
              [
                name,
                <span key={name} className="mono">
                  {value === '' ? '–' : value}
                </span>,
              ] as const,
          )}
        />
      )}
    </Panel>
  )
}
