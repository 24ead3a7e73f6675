import { Button, Group, Modal } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useNavigate, useParams, useSearchParams } from 'react-router'
import { ApiError } from '../../api/http.ts'
import { readJob, saveJob } from '../../api/chronos.ts'
import type { Job } from '../../api/schemas/chronos.ts'
import { DocumentLayout, LeaveGuard } from '../../features/document/DocumentLayout.tsx'
import { format } from '../../features/document/json-document.ts'
import type { JsonObject } from '../../features/document/json-document.ts'
import { useDocument } from '../../features/document/use-document.ts'
import type { DocumentForm } from '../../features/document/use-document.ts'
import { ErrorNotice } from '../../features/frame/PageError.tsx'
import { Page } from '../../features/frame/Page.tsx'
import { JobFields, jobFields } from '../../features/jobs/JobFields.tsx'
import {
  editableJob,
  jobFieldOf,
  jobToSave,
  missingInJob,
  newJob,
  sampleJob,
} from '../../features/jobs/job-document.ts'
import { failureSentence } from '../../features/live/actions.tsx'
import { useIsLive, useJobs, useLive } from '../../features/live/hooks.ts'
import { paths } from '../../paths.ts'
import { ActionButton } from '../../ui/ActionButton.tsx'
import { Diff } from '../../ui/json/Diff.tsx'
import { Notice, SkeletonLines } from '../../ui/Panel.tsx'

/** Creates a job, or edits the one in the address. */
export function JobFormPage() {
  const { name } = useParams()
  const [query] = useSearchParams()
  const parent = query.get('parent')
  if (name !== undefined) return <EditJob name={name} />
  const isSample = query.get('sample') !== null
  return (
    <JobForm
      initial={isSample ? sampleJob : newJob(parent === null ? [] : [parent])}
      stored={undefined}
      isPrefilled={isSample}
    />
  )
}

/** Read now, once: what is saved replaces the stored counters and switches too, so old ones would undo changes. */
function EditJob({ name }: { name: string }) {
  const stored = useQuery({
    queryKey: ['edit-job', name],
    queryFn: ({ signal }) => readJob(name, signal),
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
  })
  if (stored.data !== undefined)
    return <JobForm initial={editableJob(stored.data)} stored={stored.data} isPrefilled={false} />
  return (
    <Page title={`Edit ${name}`} crumbs={[{ label: 'Jobs', to: paths.jobs() }]}>
      {stored.error === null ? (
        <SkeletonLines count={8} />
      ) : (
        <ErrorNotice title="The job cannot be read." error={stored.error} onRetry={() => void stored.refetch()} />
      )}
    </Page>
  )
}

type Saving =
  | { state: 'editing' }
  | { state: 'reviewing' }
  | { state: 'saving' }
  | { state: 'refused'; message: string }
  | { state: 'saved' }

function JobForm({
  initial,
  stored,
  isPrefilled,
}: {
  initial: JsonObject
  stored: Job | undefined
  isPrefilled: boolean
}) {
  const form = useDocument(initial, jobFields)
  const [saving, setSaving] = useState<Saving>({ state: 'editing' })
  const jobs = useJobs()
  const isLive = useIsLive('jobs')
  const save = useSave(form, stored, setSaving)
  const reason = whyNotSaved(form, { isLive })
  const names = [...(jobs?.jobs.keys() ?? [])].filter((name) => name !== stored?.name)
  return (
    <Page
      title={stored === undefined ? 'New job' : `Edit ${stored.name}`}
      crumbs={[
        { label: 'Jobs', to: paths.jobs() },
        ...(stored === undefined ? [] : [{ label: stored.name, to: paths.job(stored.name) }]),
      ]}
      sources={['jobs']}
      actions={
        <ActionButton
          reason={reason}
          loading={saving.state === 'saving'}
          onClick={() => (stored === undefined ? save() : setSaving({ state: 'reviewing' }))}
        >
          {stored === undefined ? 'Create job' : 'Review changes'}
        </ActionButton>
      }
    >
      <DocumentLayout
        form={form}
        problem={saving.state === 'refused' && <Notice status="failing">{saving.message}</Notice>}
      >
        <JobFields form={form} isNew={stored === undefined} jobs={names} />
      </DocumentLayout>
      {saving.state === 'reviewing' && (
        <Modal opened onClose={() => setSaving({ state: 'editing' })} title={`Change ${stored?.name ?? ''}?`} size="xl">
          <div className="stack">
            <p>The next run uses the new definition; running tasks go on with the old one.</p>
            <Diff label="Difference" before={format(initial)} after={format(form.document.value)} />
            <Group justify="flex-end" gap={8}>
              <Button variant="default" onClick={() => setSaving({ state: 'editing' })}>
                Back
              </Button>
              <Button data-autofocus onClick={save}>
                Save changes
              </Button>
            </Group>
          </div>
        </Modal>
      )}
      <LeaveGuard isDirty={saving.state !== 'saved' && saving.state !== 'saving' && (form.isDirty || isPrefilled)} />
    </Page>
  )
}

function whyNotSaved(form: DocumentForm, { isLive }: { isLive: boolean }): string | undefined {
  if (form.document.state === 'broken') return 'The JSON is not valid yet.'
  return missingInJob(form.document.value) ?? (isLive ? undefined : 'The connection to Chronos is lost.')
}

function useSave(form: DocumentForm, stored: Job | undefined, setSaving: (saving: Saving) => void) {
  const navigate = useNavigate()
  const live = useLive()
  const send = async () => {
    const document = form.document.value
    const name = stored?.name ?? String(document['name'] ?? '')
    setSaving({ state: 'saving' })
    form.setErrors([])
    try {
      await saveJob(jobToSave(document, stored))
      setSaving({ state: 'saved' })
      live.jobChanged(name)
      // After the state is out, or the guard would still ask.
      setTimeout(() => void navigate(paths.job(name)), 0)
    } catch (error) {
      const field = error instanceof ApiError ? jobFieldOf(error.message) : undefined
      if (field !== undefined && error instanceof ApiError)
        form.setErrors([{ path: `/${field}`, errors: [error.message] }])
      setSaving({
        state: 'refused',
        message: field === undefined ? failureSentence(error) : 'Chronos refused it; the field below says why.',
      })
    }
  }
  return () => void send()
}
