import { Button, SegmentedControl } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link } from 'react-router'
import { readVersion, readVersions, rollBackApp } from '../../../api/marathon.ts'
import { keys } from '../../../api/query-keys.ts'
import { paths } from '../../../paths.ts'
import { ActionButton } from '../../../ui/ActionButton.tsx'
import { useConfirm } from '../../../ui/Confirm.tsx'
import { CopyButton } from '../../../ui/Copy.tsx'
import { Diff } from '../../../ui/json/Diff.tsx'
import { momentOf } from '../../../ui/text/format.ts'
import { Panel, SkeletonLines } from '../../../ui/Panel.tsx'
import { ExactTime, Time } from '../../../ui/text/Time.tsx'
import { ErrorNotice } from '../../frame/PageError.tsx'
import { useUrlState } from '../../frame/url-state.ts'
import { useAction } from '../../live/actions.tsx'
import { useIsLive, useLive } from '../../live/hooks.ts'
import { configurationOf, configurationText, describeChange } from '../app-document.ts'
import { forbidden } from '../capabilities.ts'
import type { ServiceView } from '../service-view.ts'

/** Every version of a service: as it is, against the current one, and the way back to it. */
export function ConfigurationTab({ view }: { view: ServiceView }) {
  const [chosen, setChosen] = useUrlState('version')
  const current = view.app.version ?? ''
  const versions = useQuery({
    queryKey: [...keys.appVersions(view.id), current],
    queryFn: ({ signal }) => readVersions(view.id, signal),
  })
  if (versions.error !== null)
    return (
      <ErrorNotice
        title="The versions cannot be read."
        error={versions.error}
        onRetry={() => void versions.refetch()}
      />
    )
  const shown = chosen === '' ? current : chosen
  return (
    <div className="grid-main" style={{ gridTemplateColumns: undefined }}>
      <VersionView key={shown} view={view} version={shown} isCurrent={shown === current} />
      <Panel title="Versions" flush>
        {versions.data === undefined ? (
          <div style={{ padding: 14 }}>
            <SkeletonLines />
          </div>
        ) : (
          versions.data.map((version) => (
            <div className="version-row" key={version} data-current={version === shown ? '' : undefined}>
              <Button
                variant="transparent"
                color="gray"
                px={0}
                c="var(--ts-text)"
                aria-pressed={version === shown}
                onClick={() => setChosen(version === current ? '' : version)}
              >
                <ExactTime at={momentOf(version)} />
              </Button>
              <span className="toolbar-space" />
              <span className="dim">{version === current ? 'current' : <Time at={momentOf(version)} />}</span>
            </div>
          ))
        )}
      </Panel>
    </div>
  )
}

function VersionView({ view, version, isCurrent }: { view: ServiceView; version: string; isCurrent: boolean }) {
  const [mode, setMode] = useUrlState('show', isCurrent ? 'whole' : 'difference')
  const old = useQuery({
    queryKey: keys.appVersion(view.id, version),
    queryFn: ({ signal }) => readVersion(view.id, version, signal),
    enabled: !isCurrent,
    staleTime: Number.POSITIVE_INFINITY,
  })
  if (old.error !== null)
    return <ErrorNotice title="This version cannot be read." error={old.error} onRetry={() => void old.refetch()} />
  const document = isCurrent
    ? configurationOf(view.app)
    : old.data === undefined
      ? undefined
      : configurationOf(old.data)
  if (document === undefined) return <SkeletonLines count={8} />
  const text = configurationText(document)
  return (
    <Panel
      title={isCurrent ? 'Current version' : 'Old version'}
      actions={
        <>
          {!isCurrent && (
            <SegmentedControl
              aria-label="Show"
              data={[
                { value: 'difference', label: 'Difference' },
                { value: 'whole', label: 'Whole' },
              ]}
              value={mode}
              onChange={setMode}
            />
          )}
          <span className="copyable">
            <CopyButton value={text} label="Copy the JSON" />
          </span>
          {isCurrent ? (
            <Button variant="default" component={Link} to={paths.serviceEdit(view.id)}>
              Edit
            </Button>
          ) : (
            <RollBack view={view} version={version} document={document} />
          )}
        </>
      }
    >
      {!isCurrent && mode === 'difference' ? (
        <Diff label="What rolling back would change" before={configurationText(view.app)} after={text} />
      ) : (
        <pre className="diff" style={{ margin: 0, padding: 12, maxHeight: '65vh' }}>
          {text}
        </pre>
      )}
    </Panel>
  )
}

function RollBack({
  view,
  version,
  document,
}: {
  view: ServiceView
  version: string
  document: ReturnType<typeof configurationOf>
}) {
  const { confirm, dialog } = useConfirm()
  const { run } = useAction()
  const live = useLive()
  const isLive = useIsLive('services')
  const ask = () =>
    confirm({
      title: `Roll ${view.id} back?`,
      text: describeChange(view.app, document),
      action: 'Roll back',
      onConfirm: () =>
        run({
          done: `${view.id} is rolled back`,
          failed: `${view.id} was not rolled back`,
          action: () => rollBackApp(view.id, version),
          after: () => live.serviceChanged(view.id),
        }),
    })
  return (
    <>
      <ActionButton reason={forbidden('edit', view, { isLive })} onClick={ask}>
        Roll back to this
      </ActionButton>
      {dialog}
    </>
  )
}
