import { useQuery } from '@tanstack/react-query'
import { findSandbox, sandboxCandidates } from '../../api/sandbox.ts'
import { keys } from '../../api/query-keys.ts'
import { SkeletonLines } from '../../ui/Panel.tsx'
import { ErrorNotice } from '../frame/PageError.tsx'
import { useUrlState } from '../frame/url-state.ts'
import { LogViewer } from './LogViewer.tsx'

export type TaskPlace = { id: string; frameworkId: string; agentId: string; executorId?: string | undefined }

export function useSandbox(task: TaskPlace) {
  const candidates = sandboxCandidates(task)
  return useQuery({
    queryKey: keys.sandbox(
      task.agentId,
      candidates.map((one) => one.directory),
    ),
    queryFn: ({ signal }) => findSandbox(candidates, signal),
    staleTime: Number.POSITIVE_INFINITY,
    retry: 5,
    retryDelay: 1_000,
  })
}

/** The log of a task, wherever its sandbox is. */
export function TaskLog({ task }: { task: TaskPlace }) {
  const [file, setFile] = useUrlState('file', 'stdout')
  const sandbox = useSandbox(task)
  if (sandbox.error !== null)
    return (
      <ErrorNotice title="The sandbox cannot be opened." error={sandbox.error} onRetry={() => void sandbox.refetch()} />
    )
  if (sandbox.data === undefined) return <SkeletonLines count={8} />
  return <LogViewer sandbox={sandbox.data} file={file === 'stderr' ? 'stderr' : 'stdout'} onFile={setFile} />
}
