import { TextInput } from '@mantine/core'
import { IconSearch } from '@tabler/icons-react'
import type { ReactNode } from 'react'
import { StatusMark } from '../../ui/StatusMark.tsx'
import { statuses } from '../../ui/status.ts'
import type { Status } from '../../ui/status.ts'
import { useUrlState } from './url-state.ts'

const names: Record<Status, string> = {
  healthy: 'Healthy',
  working: 'Working',
  waiting: 'Waiting',
  failing: 'Failing',
  stopped: 'Stopped',
}

/** Search and status filters of a list, both kept in the address. */
export function ListToolbar<Item extends { status: Status }>(props: {
  label: string
  items: readonly Item[]
  shown: number
  words?: Partial<Record<Status, string>>
  children?: ReactNode
}) {
  const [query, setQuery] = useUrlState('q')
  const [status, setStatus] = useUrlState('status')
  return (
    <div className="toolbar">
      <TextInput
        type="search"
        w={240}
        leftSection={<IconSearch size={14} />}
        placeholder={`Search ${props.label.toLowerCase()}`}
        aria-label={`Search ${props.label.toLowerCase()}`}
        value={query}
        onChange={(event) => setQuery(event.currentTarget.value)}
      />
      <div className="chips" role="group" aria-label="Filter by state">
        {statuses.map((one) => {
          const count = props.items.filter((item) => item.status === one).length
          if (count === 0 && status !== one) return null
          return (
            <button
              key={one}
              type="button"
              className="filter"
              aria-pressed={status === one}
              onClick={() => setStatus(status === one ? '' : one)}
            >
              <StatusMark status={one} />
              {props.words?.[one] ?? names[one]}
              <span className="num">{count}</span>
            </button>
          )
        })}
      </div>
      <span className="toolbar-space" />
      {props.shown !== props.items.length && (
        <span className="dim num" role="status">
          {props.shown} of {props.items.length}
        </span>
      )}
      {props.children}
    </div>
  )
}

export function useFilter(): { query: string; status: string; isFiltered: boolean } {
  const [query] = useUrlState('q')
  const [status] = useUrlState('status')
  return { query: query.toLowerCase(), status, isFiltered: query !== '' || status !== '' }
}

export const matches = (item: { status: Status }, text: string, filter: { query: string; status: string }) =>
  (filter.status === '' || item.status === filter.status) &&
  filter.query.split(/\s+/).every((word) => text.toLowerCase().includes(word))
