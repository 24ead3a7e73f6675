import { Modal, TextInput, useMantineColorScheme } from '@mantine/core'
import { IconSearch } from '@tabler/icons-react'
import { useMemo, useState } from 'react'
import type { KeyboardEvent } from 'react'
import { useNavigate } from 'react-router'
import { paths } from '../../paths.ts'
import { StatusMark } from '../../ui/StatusMark.tsx'
import { taskWords } from '../../api/live/task-words.ts'
import { isEnded } from '../../api/live/cluster-state.ts'
import { sections } from '../frame/navigation.ts'
import { useCluster, useJobViews, useLive, useServiceViews } from '../live/hooks.ts'
import { searchItems } from './palette-items.ts'
import type { PaletteItem } from './palette-items.ts'

/** Go to anything, run the common actions. Ctrl-K. */
export function Palette({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      withCloseButton={false}
      padding={0}
      size="lg"
      yOffset="12vh"
      centered={false}
      aria-label="Search and commands"
    >
      {opened && <PaletteBody onClose={onClose} />}
    </Modal>
  )
}

function PaletteBody({ onClose }: { onClose: () => void }) {
  const [query, setQuery] = useState('')
  const [chosen, setChosen] = useState(0)
  const items = usePaletteItems()
  const found = useMemo(() => searchItems(items, query, 40), [items, query])
  const current = Math.min(chosen, found.length - 1)
  const run = (item: PaletteItem | undefined) => {
    if (item === undefined) return
    onClose()
    item.run()
  }
  const onKey = (event: KeyboardEvent) => {
    if (event.key === 'Enter') run(found[current])
    else if (event.key === 'ArrowDown') setChosen(Math.min(found.length - 1, current + 1))
    else if (event.key === 'ArrowUp') setChosen(Math.max(0, current - 1))
    else return
    event.preventDefault()
  }
  return (
    <>
      <TextInput
        data-autofocus
        size="md"
        variant="unstyled"
        px={14}
        leftSection={<IconSearch size={16} />}
        placeholder="Service, job, task, node or command"
        aria-label="Search"
        role="combobox"
        aria-expanded
        aria-controls="palette-results"
        aria-activedescendant={found[current] === undefined ? undefined : `palette-${current}`}
        value={query}
        onChange={(event) => {
          setQuery(event.currentTarget.value)
          setChosen(0)
        }}
        onKeyDown={onKey}
      />
      <div
        id="palette-results"
        role="listbox"
        aria-label="Results"
        style={{ maxHeight: '50vh', overflow: 'auto', padding: 6, borderTop: '1px solid var(--ts-border)' }}
      >
        {found.map((item, index) => (
          <button
            key={item.id}
            id={`palette-${index}`}
            type="button"
            role="option"
            tabIndex={-1}
            aria-selected={index === current}
            className="palette-item"
            onMouseEnter={() => setChosen(index)}
            onClick={() => run(item)}
            ref={index === current ? (element) => element?.scrollIntoView({ block: 'nearest' }) : undefined}
          >
            {item.status !== undefined && <StatusMark status={item.status} />}
            <span className="ellipsis">{item.title}</span>
            {item.detail !== undefined && <span className="dim ellipsis">{item.detail}</span>}
            <span className="kind">{item.kind}</span>
          </button>
        ))}
        {found.length === 0 && (
          <p className="dim" style={{ padding: 14 }}>
            Nothing is called that.
          </p>
        )}
      </div>
    </>
  )
}

function usePaletteItems(): PaletteItem[] {
  const navigate = useNavigate()
  const live = useLive()
  const { toggleColorScheme } = useMantineColorScheme()
  const services = useServiceViews()
  const jobs = useJobViews()
  const cluster = useCluster()
  return useMemo(() => {
    const go = (path: string) => () => void navigate(path)
    return [
      ...sections.map((one): PaletteItem => ({
        id: `go:${one.path}`,
        kind: 'Page',
        title: one.label,
        run: go(one.path),
      })),
      { id: 'new:service', kind: 'Command', title: 'New service', run: go(paths.serviceNew()) },
      { id: 'new:job', kind: 'Command', title: 'New job', run: go(paths.jobNew()) },
      { id: 'go:deployments', kind: 'Page', title: 'Deployments', run: go(paths.deployments()) },
      { id: 'go:graph', kind: 'Page', title: 'Job graph', run: go(paths.jobGraph()) },
      { id: 'theme', kind: 'Command', title: 'Switch theme', run: () => toggleColorScheme() },
      { id: 'pause', kind: 'Command', title: 'Pause live data', run: () => live.pause() },
      { id: 'resume', kind: 'Command', title: 'Resume live data', run: () => live.start() },
      ...(services ?? []).map((view): PaletteItem => ({
        id: `s:${view.id}`,
        kind: 'Service',
        title: view.id,
        detail: view.word,
        status: view.status,
        run: go(paths.service(view.id)),
      })),
      ...(jobs ?? []).map((view): PaletteItem => ({
        id: `j:${view.name}`,
        kind: 'Job',
        title: view.name,
        detail: view.when,
        status: view.status,
        run: go(paths.job(view.name)),
      })),
      ...[...(cluster?.agents.values() ?? [])].map((agent): PaletteItem => ({
        id: `n:${agent.id}`,
        kind: 'Node',
        title: agent.hostname,
        detail: agent.id,
        run: go(paths.node(agent.id)),
      })),
      ...[...(cluster?.frameworks.values() ?? [])].map((one): PaletteItem => ({
        id: `f:${one.id}`,
        kind: 'Framework',
        title: one.name,
        detail: one.id,
        run: go(paths.framework(one.id)),
      })),
      ...[...(cluster?.tasks.values() ?? [])]
        .filter((task) => !isEnded(task.state))
        .map((task): PaletteItem => ({
          id: `t:${task.key}`,
          kind: 'Task',
          title: task.id,
          status: taskWords(task.state, task.healthy).status,
          run: go(paths.task(task.frameworkId, task.id)),
        })),
    ]
  }, [navigate, live, toggleColorScheme, services, jobs, cluster])
}
