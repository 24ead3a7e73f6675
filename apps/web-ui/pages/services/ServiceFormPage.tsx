import { Button, Group, Modal } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useNavigate, useParams, useSearchParams } from 'react-router'
import { ApiError } from '../../api/http.ts'
import { readApp } from '../../api/live/services-source.ts'
import { createApp, replaceApp } from '../../api/marathon.ts'
import type { App } from '../../api/schemas/marathon.ts'
import { DocumentLayout, LeaveGuard } from '../../features/document/DocumentLayout.tsx'
import type { JsonObject } from '../../features/document/json-document.ts'
import { format } from '../../features/document/json-document.ts'
import { useDocument } from '../../features/document/use-document.ts'
import type { DocumentForm } from '../../features/document/use-document.ts'
import { ErrorNotice } from '../../features/frame/PageError.tsx'
import { Page } from '../../features/frame/Page.tsx'
import { failureSentence } from '../../features/live/actions.tsx'
import { useIsLive, useLive, useServices } from '../../features/live/hooks.ts'
import { configurationOf, describeChange, newService, sampleService } from '../../features/services/app-document.ts'
import { ServiceFields, serviceFields } from '../../features/services/ServiceFields.tsx'
import { pathIdFrom, paths } from '../../paths.ts'
import { ActionButton } from '../../ui/ActionButton.tsx'
import { Diff } from '../../ui/json/Diff.tsx'
import { Empty, Notice, SkeletonLines } from '../../ui/Panel.tsx'
import { groupCrumbs } from './ServicesPage.tsx'

/** Creates a service, or edits the one in the address. */
export function ServiceFormPage() {
  const rest = useParams()['*']
  const [query] = useSearchParams()
  if (rest !== undefined) return <EditService id={pathIdFrom(rest)} />
  const initial = query.get('sample') === null ? newService(query.get('group') ?? '/') : sampleService
  return <ServiceForm initial={initial} stored={undefined} isPrefilled={query.get('sample') !== null} />
}

function EditService({ id }: { id: string }) {
  const stored = useQuery({
    queryKey: ['edit', id],
    queryFn: async ({ signal }) => (await readApp(id, signal)) ?? null,
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
  })
  if (stored.error !== null)
    return (
      <Page title={`Edit ${id}`}>
        <ErrorNotice title="The service cannot be read." error={stored.error} onRetry={() => void stored.refetch()} />
      </Page>
    )
  if (stored.data === undefined)
    return (
      <Page title={`Edit ${id}`}>
        <SkeletonLines count={8} />
      </Page>
    )
  if (stored.data === null)
    return (
      <Page title={`Edit ${id}`}>
        <Empty title={`There is no service ${id}`} />
      </Page>
    )
  return <ServiceForm initial={configurationOf(stored.data)} stored={stored.data} isPrefilled={false} />
}

type Saving =
  | { state: 'editing' }
  | { state: 'reviewing' }
  | { state: 'saving' }
  | { state: 'refused'; message: string; isLocked: boolean }
  | { state: 'saved' }

function ServiceForm({
  initial,
  stored,
  isPrefilled,
}: {
  initial: JsonObject
  stored: App | undefined
  isPrefilled: boolean
}) {
  const form = useDocument(initial, serviceFields)
  const [saving, setSaving] = useState<Saving>({ state: 'editing' })
  const services = useServices()
  const save = useSave(form, stored, setSaving)
  const id = stored?.id
  const reason = useWhyNot(form, saving)
  const submit = () => (stored === undefined ? save({ force: false }) : setSaving({ state: 'reviewing' }))
  return (
    <Page
      title={id === undefined ? 'New service' : `Edit ${id}`}
      crumbs={
        id === undefined
          ? [{ label: 'Services', to: paths.services() }]
          : [...groupCrumbs(id), { label: id.slice(id.lastIndexOf('/') + 1), to: paths.service(id) }]
      }
      sources={['services']}
      actions={
        <ActionButton reason={reason} loading={saving.state === 'saving'} onClick={submit}>
          {stored === undefined ? 'Create service' : 'Review changes'}
        </ActionButton>
      }
    >
      <ChangedMeanwhile stored={stored} current={id === undefined ? undefined : services?.apps.get(id)} />
      <DocumentLayout form={form} problem={<Refusal saving={saving} onForce={() => save({ force: true })} />}>
        <ServiceFields form={form} isNew={stored === undefined} services={[...(services?.apps.keys() ?? [])]} />
      </DocumentLayout>
      {saving.state === 'reviewing' && stored !== undefined && (
        <Review
          stored={stored}
          next={form.document.value}
          onCancel={() => setSaving({ state: 'editing' })}
          onSave={() => save({ force: false })}
        />
      )}
      <LeaveGuard isDirty={saving.state !== 'saved' && (form.isDirty || isPrefilled) && saving.state !== 'saving'} />
    </Page>
  )
}

function useWhyNot(form: DocumentForm, saving: Saving): string | undefined {
  const isLive = useIsLive('services')
  if (form.document.state === 'broken') return 'The JSON is not valid yet.'
  if (saving.state === 'saving') return 'It is being saved.'
  return isLive ? undefined : 'The connection to Marathon is lost.'
}

function useSave(form: DocumentForm, stored: App | undefined, setSaving: (saving: Saving) => void) {
  const navigate = useNavigate()
  const live = useLive()
  const send = async (force: boolean) => {
    const document = form.document.value
    const id = stored?.id ?? String(document['id'] ?? '')
    setSaving({ state: 'saving' })
    form.setErrors([])
    try {
      await (stored === undefined ? createApp(document, { force }) : replaceApp(id, document, { force }))
      setSaving({ state: 'saved' })
      live.serviceChanged(id.startsWith('/') ? id : `/${id}`)
      // After the state is out, or the guard would still ask.
      setTimeout(() => void navigate(paths.service(id)), 0)
    } catch (error) {
      const fields = error instanceof ApiError ? error.fields : []
      form.setErrors(fields)
      const isLocked = error instanceof ApiError && error.message.includes('force=true')
      setSaving({
        state: 'refused',
        message: refusalText(error, { isLocked, isAtFields: fields.length > 0 }),
        isLocked,
      })
    }
  }
  return ({ force }: { force: boolean }) => void send(force)
}

function refusalText(error: unknown, { isLocked, isAtFields }: { isLocked: boolean; isAtFields: boolean }): string {
  if (isLocked) return 'A deployment of this service is still running. Saving anyway cancels it and starts a new one.'
  return isAtFields ? 'Marathon refused it; the fields below say why.' : failureSentence(error)
}

function Refusal({ saving, onForce }: { saving: Saving; onForce: () => void }) {
  if (saving.state !== 'refused') return null
  return (
    <Notice
      status="failing"
      actions={
        saving.isLocked && (
          <Button variant="default" onClick={onForce}>
            Save anyway
          </Button>
        )
      }
    >
      {saving.message}
    </Notice>
  )
}

function ChangedMeanwhile({ stored, current }: { stored: App | undefined; current: App | undefined }) {
  if (stored === undefined || current === undefined || current.version === stored.version) return null
  return (
    <Notice
      status="waiting"
      actions={
        <Button variant="default" onClick={() => location.reload()}>
          Load the new one
        </Button>
      }
    >
      <strong>This service changed while you edit it.</strong> Saving replaces that change; the review shows the
      difference to what you started from.
    </Notice>
  )
}

function Review(props: { stored: App; next: JsonObject; onCancel: () => void; onSave: () => void }) {
  const before = configurationOf(props.stored)
  return (
    <Modal opened onClose={props.onCancel} title={`Change ${props.stored.id}?`} size="xl">
      <div className="stack">
        <p>{describeChange(props.stored, props.next)}</p>
        <Diff label="Difference" before={format(before)} after={format(props.next)} />
        <Group justify="flex-end" gap={8}>
          <Button variant="default" onClick={props.onCancel}>
            Back
          </Button>
          <Button data-autofocus onClick={props.onSave} disabled={format(before) === format(props.next)}>
            Save changes
          </Button>
        </Group>
      </div>
    </Modal>
  )
}
