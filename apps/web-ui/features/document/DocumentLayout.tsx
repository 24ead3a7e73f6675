import { Button, Group, Modal } from '@mantine/core'
import { useEffect } from 'react'
import type { ReactNode } from 'react'
import { useBlocker } from 'react-router'
import { JsonEditor } from '../../ui/json/JsonEditor.tsx'
import { Notice, Panel } from '../../ui/Panel.tsx'
import type { DocumentForm } from './use-document.ts'
import '../services/services.css'

/** Form left, JSON right, one document; what the server said that belongs to no field stands on top. */
export function DocumentLayout({
  form,
  problem,
  children,
}: {
  form: DocumentForm
  problem: ReactNode
  children: ReactNode
}) {
  const { document } = form
  return (
    <>
      {problem}
      {form.errors.elsewhere.map((one) => (
        <Notice key={one.path} status="failing">
          <span className="mono">{one.path}</span> {one.errors.join(' ')}
        </Notice>
      ))}
      <div className="form-split">
        <Panel title="Form">
          <div className="form-stack">{children}</div>
        </Panel>
        <div className="sticky-side">
          <Panel
            title="JSON"
            actions={
              <span className="dim">
                {document.state === 'valid' ? 'the same document' : 'the form waits for valid JSON'}
              </span>
            }
            flush
          >
            <JsonEditor
              label="JSON document"
              text={document.text}
              onText={form.setText}
              isInvalid={document.state === 'broken'}
            />
          </Panel>
          {document.state === 'broken' && (
            <p role="alert" style={{ color: 'var(--ts-failing)', fontSize: 12, marginTop: 8 }}>
              {document.problem}
            </p>
          )}
        </div>
      </div>
    </>
  )
}

/** Asks before unsaved changes are lost. */
export function LeaveGuard({ isDirty }: { isDirty: boolean }) {
  const blocker = useBlocker(
    ({ currentLocation, nextLocation }) => isDirty && currentLocation.pathname !== nextLocation.pathname,
  )
  useEffect(() => {
    if (!isDirty) return
    const warn = (event: BeforeUnloadEvent) => event.preventDefault()
    window.addEventListener('beforeunload', warn)
    return () => window.removeEventListener('beforeunload', warn)
  }, [isDirty])
  if (blocker.state !== 'blocked') return null
  return (
    <Modal opened onClose={() => blocker.reset()} title="Discard the changes?" size="sm">
      <p style={{ marginBottom: 16 }}>What you changed here has not been saved.</p>
      <Group justify="flex-end" gap={8}>
        <Button variant="default" onClick={() => blocker.reset()}>
          Keep editing
        </Button>
        <Button color="red" onClick={() => blocker.proceed()}>
          Discard
        </Button>
      </Group>
    </Modal>
  )
}
