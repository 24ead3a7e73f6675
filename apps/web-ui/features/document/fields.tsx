import { ActionIcon, Button, NumberInput, Select, Switch, TagsInput, Textarea, TextInput } from '@mantine/core'
import { IconPlus, IconX } from '@tabler/icons-react'
import { useState } from 'react'
import type { ReactNode } from 'react'
import { isObject } from './json-document.ts'
import type { Json, JsonObject, Path } from './json-document.ts'
import type { DocumentForm } from './use-document.ts'

type FieldProps = {
  form: DocumentForm
  path: Path
  label: string
  description?: string
  placeholder?: string
  required?: boolean
}

const nameOf = (path: Path) => path.join('.')
const common = ({ form, path, label, description, placeholder, required }: FieldProps) => ({
  label,
  ...(description === undefined ? {} : { description }),
  ...(placeholder === undefined ? {} : { placeholder }),
  withAsterisk: required === true,
  error: form.error(nameOf(path)),
})
const textOf = (value: Json | undefined) =>
  typeof value === 'string' ? value : value === undefined || value === null ? '' : JSON.stringify(value)

/** One text member of the document; cleared, it is removed unless it is required. */
export function TextField(props: FieldProps & { mono?: boolean }) {
  const { form, path } = props
  return (
    <TextInput
      {...common(props)}
      classNames={props.mono === true ? { input: 'mono' } : {}}
      value={textOf(form.get(path))}
      onChange={(event) =>
        form.set(
          path,
          event.currentTarget.value === '' && props.required !== true ? undefined : event.currentTarget.value,
        )
      }
    />
  )
}

export function TextAreaField(props: FieldProps & { keepEmpty?: boolean }) {
  const { form, path } = props
  return (
    <Textarea
      {...common(props)}
      autosize
      minRows={2}
      maxRows={12}
      classNames={{ input: 'mono' }}
      value={textOf(form.get(path))}
      onChange={(event) =>
        form.set(
          path,
          event.currentTarget.value === '' && props.keepEmpty !== true ? undefined : event.currentTarget.value,
        )
      }
    />
  )
}

export function NumberField(
  props: FieldProps & {
    min?: number
    max?: number
    step?: number
    whole?: boolean
    suffix?: string
    fallback?: number
  },
) {
  const { form, path } = props
  const value = form.get(path)
  return (
    <NumberInput
      {...common(props)}
      min={props.min ?? 0}
      max={props.max ?? Number.MAX_SAFE_INTEGER}
      step={props.step ?? 1}
      allowDecimal={props.whole !== true}
      clampBehavior="none"
      suffix={props.suffix ?? ''}
      placeholder={props.fallback === undefined ? '' : String(props.fallback)}
      value={typeof value === 'number' ? value : ''}
      onChange={(next) => form.set(path, typeof next === 'number' ? next : undefined)}
    />
  )
}

export function ChoiceField(props: FieldProps & { data: { value: string; label: string }[]; fallback: string }) {
  const { form, path } = props
  return (
    <Select
      {...common(props)}
      allowDeselect={false}
      data={props.data}
      value={textOf(form.get(path)) || props.fallback}
      onChange={(value) => form.set(path, value ?? props.fallback)}
    />
  )
}

export function SwitchField(props: FieldProps) {
  const { form, path } = props
  return (
    <Switch
      label={props.label}
      description={props.description}
      checked={form.get(path) === true}
      onChange={(event) => form.set(path, event.currentTarget.checked ? true : undefined)}
    />
  )
}

export function ListField(props: FieldProps & { suggestions?: string[]; keepEmpty?: boolean }) {
  const { form, path } = props
  const value = form.get(path)
  const list = Array.isArray(value) ? value.filter((item) => typeof item === 'string') : []
  return (
    <TagsInput
      {...common(props)}
      data={props.suggestions ?? []}
      value={list}
      onChange={(next) => form.set(path, next.length === 0 && props.keepEmpty !== true ? undefined : next)}
    />
  )
}

type Pair = { name: string; value: string }

/** A map of names to texts as rows. A row without a name is not in the document yet. */
export function MapField({ form, path, label, addLabel }: FieldProps & { addLabel: string }) {
  const stored = form.get(path)
  const map = isObject(stored) ? stored : {}
  const [draft, setDraft] = useState<Pair[]>(() => pairsOf(map))
  const pairs = JSON.stringify(mapOf(draft, map)) === JSON.stringify(map) ? draft : pairsOf(map)
  const change = (next: Pair[]) => {
    setDraft(next)
    const written = mapOf(next, map)
    form.set(path, Object.keys(written).length === 0 ? undefined : written)
  }
  return (
    <Fieldset
      label={label}
      error={form.error(nameOf(path))}
      addLabel={addLabel}
      onAdd={() => setDraft([...pairs, { name: '', value: '' }])}
    >
      {pairs.map((pair, index) => (
        <Row key={index} label={`Remove ${pair.name || 'this row'}`} onRemove={() => change(pairs.toSpliced(index, 1))}>
          <TextInput
            aria-label={`${label}, name ${index + 1}`}
            placeholder="NAME"
            classNames={{ input: 'mono' }}
            value={pair.name}
            onChange={(event) => change(pairs.with(index, { ...pair, name: event.currentTarget.value }))}
          />
          <TextInput
            aria-label={`${label}, value ${index + 1}`}
            placeholder="value"
            classNames={{ input: 'mono' }}
            value={pair.value}
            onChange={(event) => change(pairs.with(index, { ...pair, value: event.currentTarget.value }))}
          />
        </Row>
      ))}
    </Fieldset>
  )
}

const pairsOf = (map: JsonObject): Pair[] =>
  Object.entries(map).map(([name, value]) => ({ name, value: textOf(value) }))

/** Values that are not text (secrets of a service) keep their form while their text is untouched. */
function mapOf(pairs: readonly Pair[], stored: JsonObject): JsonObject {
  const named = pairs.filter((pair) => pair.name !== '')
  return Object.fromEntries(
    named.map(({ name, value }) => [
      name,
      stored[name] !== undefined && textOf(stored[name]) === value ? stored[name] : value,
    ]),
  )
}

/** A list of objects: each item drawn by `children`, added with `blank`. */
export function ItemsField(
  props: FieldProps & {
    addLabel: string
    blank: () => Json
    children: (itemPath: Path, index: number) => ReactNode
    wide?: boolean
  },
) {
  const { form, path } = props
  const value = form.get(path)
  const items = Array.isArray(value) ? value : []
  const write = (next: Json[]) => form.set(path, next.length === 0 ? undefined : next)
  return (
    <Fieldset
      label={props.label}
      error={form.error(nameOf(path))}
      addLabel={props.addLabel}
      onAdd={() => write([...items, props.blank()])}
    >
      {items.map((_, index) => (
        <Row
          key={index}
          label={`Remove ${props.label.toLowerCase()} ${index + 1}`}
          onRemove={() => write(items.toSpliced(index, 1))}
        >
          {props.children([...path, index], index)}
        </Row>
      ))}
    </Fieldset>
  )
}

function Fieldset(props: {
  label: string
  error: string | undefined
  addLabel: string
  onAdd: () => void
  children: ReactNode
}) {
  return (
    <fieldset className="fieldset">
      <legend>
        <span style={{ flex: 1 }}>{props.label}</span>
        <Button
          variant="subtle"
          color="gray"
          size="compact-xs"
          leftSection={<IconPlus size={13} />}
          onClick={props.onAdd}
        >
          {props.addLabel}
        </Button>
      </legend>
      {props.children}
      {props.error !== undefined && (
        <p role="alert" style={{ color: 'var(--ts-failing)', fontSize: 12 }}>
          {props.error}
        </p>
      )}
    </fieldset>
  )
}

function Row({ label, onRemove, children }: { label: string; onRemove: () => void; children: ReactNode }) {
  return (
    <div className="row-fields">
      {children}
      <ActionIcon
        className="fixed"
        variant="subtle"
        color="gray"
        size={30}
        aria-label={label}
        onClick={onRemove}
        style={{ alignSelf: 'flex-end' }}
      >
        <IconX size={14} />
      </ActionIcon>
    </div>
  )
}
