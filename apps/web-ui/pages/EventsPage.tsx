import { SegmentedControl, TextInput } from '@mantine/core'
import { useVirtualizer } from '@tanstack/react-virtual'
import { IconSearch } from '@tabler/icons-react'
import { useMemo, useRef } from 'react'
import type { FeedEntry } from '../api/live/feed.ts'
import { EventLine } from '../features/events/EventList.tsx'
import { Page } from '../features/frame/Page.tsx'
import { useUrlState } from '../features/frame/url-state.ts'
import { useFeed } from '../features/live/hooks.ts'
import '../features/cluster/cluster.css'
import { Empty, Panel } from '../ui/Panel.tsx'

const sources = [
  { value: '', label: 'All' },
  { value: 'services', label: 'Services' },
  { value: 'jobs', label: 'Jobs' },
  { value: 'cluster', label: 'Tasks & cluster' },
]

/** What happened, who and why; newest first, as it happens. */
export function EventsPage() {
  const feed = useFeed()
  const [query, setQuery] = useUrlState('q')
  const [source, setSource] = useUrlState('source')
  const entries = useMemo(
    () => feed.filter((entry) => matchesEvent(entry, query.toLowerCase(), source)),
    [feed, query, source],
  )
  return (
    <Page title="Events" sources={['cluster', 'services', 'jobs']}>
      <div className="toolbar">
        <TextInput
          type="search"
          w={280}
          leftSection={<IconSearch size={14} />}
          placeholder="Search events"
          aria-label="Search events"
          value={query}
          onChange={(event) => setQuery(event.currentTarget.value)}
        />
        <SegmentedControl aria-label="Source" data={sources} value={source} onChange={setSource} />
        <span className="toolbar-space" />
        <span className="dim num" role="status">
          {entries.length === feed.length ? `${feed.length} events` : `${entries.length} of ${feed.length}`}
        </span>
      </div>
      <Panel flush>
        {entries.length === 0 ? (
          <Empty title={feed.length === 0 ? 'Nothing has happened yet' : 'No event matches'} />
        ) : (
          <Lines entries={entries} />
        )}
      </Panel>
    </Page>
  )
}

const matchesEvent = (entry: FeedEntry, query: string, source: string) =>
  (source === '' || entry.source === source) &&
  `${entry.what} ${entry.subject.name} ${entry.subject.id} ${entry.why}`.toLowerCase().includes(query)

function Lines({ entries }: { entries: readonly FeedEntry[] }) {
  const scroller = useRef<HTMLDivElement>(null)
  const virtual = useVirtualizer({
    count: entries.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => 33,
    overscan: 20,
    getItemKey: (index) => entries[index]?.id ?? index,
  })
  return (
    <div
      ref={scroller}
      style={{ maxHeight: 'calc(100dvh - 190px)', overflow: 'auto' }}
      role="list"
      aria-label="Events"
      tabIndex={0}
    >
      <div style={{ height: virtual.getTotalSize(), position: 'relative' }}>
        {virtual.getVirtualItems().map((item) => {
          const entry = entries[item.index]
          return (
            entry !== undefined && (
              <div
                key={item.key}
                data-index={item.index}
                ref={virtual.measureElement}
                style={{ position: 'absolute', insetInline: 0, top: 0, transform: `translateY(${item.start}px)` }}
              >
                <EventLine entry={entry} />
              </div>
            )
          )
        })}
      </div>
    </div>
  )
}
