import { Button, Group, Modal, TextInput } from '@mantine/core'
import { useState } from 'react'
import type { ReactNode } from 'react'

export type Question = {
  title: string
  text: ReactNode
  action: string
  /** Data will be lost: the name has to be typed. */
  typeName?: string
  isDangerous?: boolean
  onConfirm: () => void
}

/** Asks before something is done: `confirm(question)` opens the `dialog`. */
export function useConfirm() {
  const [question, setQuestion] = useState<Question>()
  const close = () => setQuestion(undefined)
  return {
    confirm: (next: Question) => setQuestion(next),
    dialog: question === undefined ? null : <ConfirmDialog question={question} onClose={close} />,
  }
}

function ConfirmDialog({ question, onClose }: { question: Question; onClose: () => void }) {
  const [typed, setTyped] = useState('')
  const isReady = question.typeName === undefined || typed === question.typeName
  const confirm = () => {
    onClose()
    question.onConfirm()
  }
  return (
    <Modal opened onClose={onClose} title={question.title}>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          if (isReady) confirm()
        }}
      >
        <div style={{ display: 'grid', gap: 14 }}>
          <div>{question.text}</div>
          {question.typeName !== undefined && (
            <TextInput
              data-autofocus
              label={`Type ${question.typeName} to confirm`}
              value={typed}
              onChange={(event) => setTyped(event.currentTarget.value)}
            />
          )}
          <Group justify="flex-end" gap={8}>
            <Button variant="default" onClick={onClose}>
              Cancel
            </Button>
            <Button
              type="submit"
              {...(question.isDangerous === true ? { color: 'red' } : {})}
              disabled={!isReady}
              {...(question.typeName === undefined ? { 'data-autofocus': true } : {})}
            >
              {question.action}
            </Button>
          </Group>
        </div>
      </form>
    </Modal>
  )
}
