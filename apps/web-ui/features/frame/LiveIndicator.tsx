import { Menu } from '@mantine/core'
import { IconPlayerPause, IconPlayerPlay, IconRefresh } from '@tabler/icons-react'
import { overall } from '../../api/live/connection.ts'
import type { Connection, SourceName } from '../../api/live/connection.ts'
import { useNow } from '../../ui/text/clock.ts'
import { duration } from '../../ui/text/format.ts'
import { StatusMark } from '../../ui/StatusMark.tsx'
import type { Status } from '../../ui/status.ts'
import { useConnections, useLive } from '../live/hooks.ts'
import { partNames } from './Page.tsx'

const shown: Record<Connection['state'], { status: Status; word: string }> = {
  live: { status: 'healthy', word: 'Live' },
  connecting: { status: 'working', word: 'Connecting' },
  reconnecting: { status: 'waiting', word: 'Reconnecting' },
  paused: { status: 'stopped', word: 'Paused' },
}

/** Whether what is on the screen is now, and since when not; the menu pauses and resumes. */
export function LiveIndicator() {
  const connections = useConnections()
  const now = useNow()
  const live = useLive()
  const { state, ageMs } = overall(Object.values(connections), now)
  const { status, word } = shown[state]
  const age = state === 'live' || ageMs < 1_000 ? '' : ` · ${duration(ageMs)} old`
  return (
    <Menu width={300}>
      <Menu.Target>
        <button type="button" className="live" data-state={state} aria-label={`Data is ${word.toLowerCase()}${age}`}>
          <StatusMark status={status} />
          <span className="num">
            {word}
            {age}
          </span>
        </button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>Event streams</Menu.Label>
        {(Object.keys(partNames) as SourceName[]).map((name) => (
          <Source key={name} name={name} connection={connections[name]} now={now} />
        ))}
        <Menu.Divider />
        {state === 'paused' ? (
          <Menu.Item leftSection={<IconPlayerPlay size={14} />} onClick={() => live.start()}>
            Resume
          </Menu.Item>
        ) : (
          <Menu.Item leftSection={<IconPlayerPause size={14} />} onClick={() => live.pause()}>
            Pause
          </Menu.Item>
        )}
        <Menu.Item
          leftSection={<IconRefresh size={14} />}
          disabled={state !== 'reconnecting'}
          onClick={() => live.retryNow()}
        >
          Try now
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  )
}

function Source({ name, connection, now }: { name: SourceName; connection: Connection; now: number }) {
  const { status, word } = shown[connection.state]
  const detail =
    connection.state === 'reconnecting'
      ? `next try in ${duration(Math.max(0, connection.retryAt - now))}`
      : connection.state === 'live'
        ? `for ${duration(now - connection.since)}`
        : ''
  return (
    <div style={{ display: 'flex', gap: 8, alignItems: 'center', padding: '4px 12px', fontSize: 13 }}>
      <StatusMark status={status} />
      <span style={{ flex: 1 }}>{partNames[name]}</span>
      <span className="dim num">
        {word} {detail}
      </span>
    </div>
  )
}
