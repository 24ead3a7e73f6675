import { ActionIcon, Button, SegmentedControl, Switch, TextInput, Tooltip } from '@mantine/core'
import { IconArrowDown, IconArrowUp, IconDownload, IconSearch } from '@tabler/icons-react'
import { useEffect, useMemo, useState, useSyncExternalStore } from 'react'
import { downloadAddress } from '../../api/sandbox.ts'
import type { Sandbox } from '../../api/sandbox.ts'
import { StatusMark } from '../../ui/StatusMark.tsx'
import { LogFollower } from './log-follower.ts'
import type { LogState, LogView } from './log-follower.ts'
import { findLines } from './log-lines.ts'
import { LogText } from './LogText.tsx'
import './tasks.css'

type LogFile = 'stdout' | 'stderr'

/** A log as it is written: switch of the two outputs, search, wrap, download. */
export function LogViewer({
  sandbox,
  file,
  onFile,
}: {
  sandbox: Sandbox
  file: LogFile
  onFile: (file: LogFile) => void
}) {
  const path = `${sandbox.directory}/${file}`
  return <FileLog key={`${sandbox.agentId}${path}`} agentId={sandbox.agentId} path={path} file={file} onFile={onFile} />
}

function useFollower(agentId: string, path: string): { follower: LogFollower | undefined; view: LogView } {
  const [follower, setFollower] = useState<LogFollower>()
  useEffect(() => {
    const opened = new LogFollower({ agentId, path })
    setFollower(opened)
    return () => opened.close()
  }, [agentId, path])
  const view = useSyncExternalStore(follower?.subscribe ?? noSubscription, follower?.view ?? initialView)
  return { follower, view }
}

const noSubscription = () => () => undefined
const initial: LogView = {
  log: { lines: [], isOpen: false, droppedCount: 0 },
  status: { state: 'loading' },
  startOffset: 0,
}
const initialView = () => initial

function FileLog(props: { agentId: string; path: string; file: LogFile; onFile: (file: LogFile) => void }) {
  const { follower, view } = useFollower(props.agentId, props.path)
  const [query, setQuery] = useState('')
  const [wrap, setWrap] = useState(false)
  const [isPinned, setPinned] = useState(true)
  const [hit, setHit] = useState(0)
  const hits = useMemo(() => findLines(view.log.lines, query), [view.log.lines, query])
  const current = hits.length === 0 ? undefined : hits[((hit % hits.length) + hits.length) % hits.length]
  const step = (by: number) => {
    setPinned(false)
    setHit((value) => value + by)
  }
  const search = (text: string) => {
    setQuery(text)
    setHit(-1)
    if (text !== '') setPinned(false)
  }
  return (
    <div className="log">
      <div className="log-bar">
        <SegmentedControl
          aria-label="Output"
          data={['stdout', 'stderr']}
          value={props.file}
          onChange={(value) => props.onFile(value === 'stderr' ? 'stderr' : 'stdout')}
        />
        <TextInput
          type="search"
          w={210}
          leftSection={<IconSearch size={14} />}
          placeholder="Search this log"
          aria-label="Search this log"
          value={query}
          onChange={(event) => search(event.currentTarget.value)}
          onKeyDown={(event) => event.key === 'Enter' && step(event.shiftKey ? -1 : 1)}
        />
        {query !== '' && (
          <Hits count={hits.length} at={current === undefined ? 0 : hits.indexOf(current) + 1} onStep={step} />
        )}
        <span className="toolbar-space" />
        <LogStatus status={view.status} />
        <Switch label="Wrap" checked={wrap} onChange={(event) => setWrap(event.currentTarget.checked)} />
        <Switch label="Follow" checked={isPinned} onChange={(event) => setPinned(event.currentTarget.checked)} />
        <Tooltip label="Download the whole file">
          <ActionIcon
            component="a"
            variant="default"
            href={downloadAddress(props.agentId, props.path)}
            download={props.file}
            aria-label="Download the log"
          >
            <IconDownload size={15} />
          </ActionIcon>
        </Tooltip>
      </div>
      <LogText
        label={`Lines of ${props.file}`}
        view={view}
        query={query}
        current={current}
        wrap={wrap}
        isPinned={isPinned}
        onPinned={setPinned}
        earlier={
          view.startOffset > 0 && (
            <Button variant="subtle" color="gray" onClick={() => void follower?.loadEarlier()}>
              Load earlier lines
            </Button>
          )
        }
      />
    </div>
  )
}

function Hits({ count, at, onStep }: { count: number; at: number; onStep: (by: number) => void }) {
  return (
    <>
      <span className="dim num" role="status">
        {count === 0 ? 'no hits' : `${at} of ${count}`}
      </span>
      <ActionIcon
        variant="subtle"
        color="gray"
        disabled={count === 0}
        aria-label="Previous hit"
        onClick={() => onStep(-1)}
      >
        <IconArrowUp size={15} />
      </ActionIcon>
      <ActionIcon variant="subtle" color="gray" disabled={count === 0} aria-label="Next hit" onClick={() => onStep(1)}>
        <IconArrowDown size={15} />
      </ActionIcon>
    </>
  )
}

const statusWords: Record<LogState['state'], { status: 'healthy' | 'working' | 'waiting' | 'stopped'; word: string }> =
  {
    loading: { status: 'working', word: 'Loading' },
    following: { status: 'healthy', word: 'Live' },
    lost: { status: 'waiting', word: 'Reconnecting' },
    missing: { status: 'stopped', word: 'No file' },
  }

function LogStatus({ status }: { status: LogState }) {
  const shown = statusWords[status.state]
  const reason = 'reason' in status ? status.reason : ''
  return (
    <span className="status dim" title={reason} style={{ fontSize: 12 }}>
      <StatusMark status={shown.status} />
      {shown.word}
    </span>
  )
}
