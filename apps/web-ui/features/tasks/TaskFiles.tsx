import { ActionIcon, Button } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { IconDownload, IconFile, IconFolder, IconRefresh } from '@tabler/icons-react'
import { useMemo } from 'react'
import { keys } from '../../api/query-keys.ts'
import { browse, downloadAddress } from '../../api/sandbox.ts'
import type { SandboxFile } from '../../api/schemas/mesos.ts'
import { DataTable } from '../../ui/DataTable.tsx'
import type { Column } from '../../ui/DataTable.tsx'
import { bytes } from '../../ui/text/format.ts'
import { Empty, Panel, SkeletonLines } from '../../ui/Panel.tsx'
import { Time } from '../../ui/text/Time.tsx'
import { ErrorNotice } from '../frame/PageError.tsx'
import { useUrlState } from '../frame/url-state.ts'
import { useSandbox } from './TaskLog.tsx'
import type { TaskPlace } from './TaskLog.tsx'

const nameOf = (path: string) => path.slice(path.lastIndexOf('/') + 1)
const isDirectory = (file: SandboxFile) => file.mode.startsWith('d')

/** The sandbox as folders and files; the folder is part of the address. */
export function TaskFiles({ task }: { task: TaskPlace }) {
  const [below, setBelow] = useUrlState('dir')
  const sandbox = useSandbox(task)
  const root = sandbox.data?.directory
  const path = root === undefined ? undefined : below === '' ? root : `${root}/${below}`
  const listing = useQuery({
    queryKey: keys.files(task.agentId, path ?? ''),
    queryFn: ({ signal }) => browse(task.agentId, path ?? '', signal),
    enabled: path !== undefined,
  })
  const open = (file: SandboxFile) => {
    const name = nameOf(file.path)
    if (isDirectory(file)) setBelow(below === '' ? name : `${below}/${name}`)
    else location.assign(downloadAddress(task.agentId, file.path))
  }
  const columns = useMemo(() => columnsOf(task.agentId, open), [task.agentId, below])
  const error = sandbox.error ?? listing.error
  if (error !== null)
    return <ErrorNotice title="The files cannot be listed." error={error} onRetry={() => void listing.refetch()} />
  return (
    <Panel
      title={<FolderPath below={below} onOpen={setBelow} />}
      flush
      actions={
        <ActionIcon
          variant="subtle"
          color="gray"
          aria-label="Read the folder again"
          onClick={() => void listing.refetch()}
        >
          <IconRefresh size={15} />
        </ActionIcon>
      }
    >
      {listing.data === undefined ? (
        <div style={{ padding: 14 }}>
          <SkeletonLines />
        </div>
      ) : (
        <DataTable
          label="Files"
          items={listing.data}
          columns={columns}
          itemId={(file) => file.path}
          onOpen={open}
          empty={<Empty title="This folder is empty" />}
        />
      )}
    </Panel>
  )
}

function FolderPath({ below, onOpen }: { below: string; onOpen: (path: string) => void }) {
  const parts = below.split('/').filter(Boolean)
  return (
    <span style={{ display: 'flex', gap: 2, alignItems: 'center', flexWrap: 'wrap' }}>
      {['sandbox', ...parts].map((name, index) => (
        <Button
          key={`${index}${name}`}
          variant="subtle"
          color="gray"
          px={6}
          onClick={() => onOpen(parts.slice(0, index).join('/'))}
        >
          {index > 0 ? `/ ${name}` : name}
        </Button>
      ))}
    </span>
  )
}

const columnsOf = (agentId: string, open: (file: SandboxFile) => void): Column<SandboxFile>[] => [
  nameColumn(open),
  ...factColumns,
  downloadColumn(agentId),
]

const nameColumn = (open: (file: SandboxFile) => void): Column<SandboxFile> => ({
  id: 'name',
  header: 'Name',
  width: 'minmax(0, 3fr)',
  narrow: 'title',
  sortBy: (file) => `${isDirectory(file) ? 0 : 1}${nameOf(file.path)}`,
  cell: (file) => (
    <Button
      variant="transparent"
      color="gray"
      px={0}
      h={20}
      c="var(--ts-text)"
      leftSection={isDirectory(file) ? <IconFolder size={14} /> : <IconFile size={14} />}
      onClick={() => open(file)}
    >
      {nameOf(file.path)}
    </Button>
  ),
})

const downloadColumn = (agentId: string): Column<SandboxFile> => ({
  id: 'download',
  header: 'Get',
  width: '40px',
  narrow: 'bare',
  align: 'right',
  cell: (file) =>
    !isDirectory(file) && (
      <ActionIcon
        component="a"
        variant="subtle"
        color="gray"
        size="sm"
        href={downloadAddress(agentId, file.path)}
        download={nameOf(file.path)}
        aria-label={`Download ${nameOf(file.path)}`}
      >
        <IconDownload size={14} />
      </ActionIcon>
    ),
})

const factColumns: Column<SandboxFile>[] = [
  {
    id: 'size',
    header: 'Size',
    width: '90px',
    align: 'right',
    sortBy: (file) => file.size,
    cell: (file) => (isDirectory(file) ? '–' : bytes(file.size)),
  },
  {
    id: 'owner',
    header: 'Owner',
    width: '110px',
    narrow: 'hide',
    cell: (file) => `${file.uid ?? ''}:${file.gid ?? ''}`,
  },
  {
    id: 'mode',
    header: 'Mode',
    width: '100px',
    narrow: 'hide',
    cell: (file) => <span className="mono">{file.mode}</span>,
  },
  {
    id: 'changed',
    header: 'Changed',
    width: '90px',
    align: 'right',
    sortBy: (file) => file.mtime,
    cell: (file) => <Time at={file.mtime * 1000} />,
  },
]
