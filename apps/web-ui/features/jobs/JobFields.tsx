import { SegmentedControl, Select } from '@mantine/core'
import { useMemo } from 'react'
import {
  ChoiceField,
  ItemsField,
  ListField,
  NumberField,
  SwitchField,
  TextAreaField,
  TextField,
} from '../document/fields.tsx'
import type { DocumentForm } from '../document/use-document.ts'
import { SchedulePreview } from './schedule/SchedulePreview.tsx'

export const jobFields = [
  'name',
  'command',
  'schedule',
  'scheduleTimeZone',
  'parents',
  'cpus',
  'mem',
  'disk',
  'retries',
  'owner',
  'description',
  'environmentVariables',
  'constraints',
  'container.image',
] as const

export function JobFields({ form, isNew, jobs }: { form: DocumentForm; isNew: boolean; jobs: string[] }) {
  const parents = form.get(['parents'])
  const isDependent = Array.isArray(parents)
  const choose = (kind: string) => {
    if (kind === 'after') {
      form.replace({ ...without(form.document.value, ['schedule', 'scheduleTimeZone']), parents: [] })
    } else form.replace({ ...without(form.document.value, ['parents']), schedule: 'R//PT15M' })
  }
  return (
    <>
      {isNew && <TextField form={form} path={['name']} label="Name" required placeholder="nightly-report" />}
      <TextAreaField
        form={form}
        path={['command']}
        label="Command"
        required
        keepEmpty
        placeholder="/opt/jobs/report.sh"
      />
      <SegmentedControl
        aria-label="Runs"
        data={[
          { value: 'time', label: 'On a schedule' },
          { value: 'after', label: 'After other jobs' },
        ]}
        value={isDependent ? 'after' : 'time'}
        onChange={choose}
      />
      {isDependent ? (
        <ListField
          form={form}
          path={['parents']}
          label="After"
          keepEmpty
          description="Runs when all of these have succeeded"
          suggestions={jobs}
        />
      ) : (
        <Schedule form={form} />
      )}
      <div className="form-grid">
        <NumberField form={form} path={['cpus']} label="CPUs" step={0.1} fallback={0.1} />
        <NumberField form={form} path={['mem']} label="Memory, MiB" step={32} fallback={128} />
        <NumberField form={form} path={['disk']} label="Disk, MiB" step={64} fallback={256} />
        <NumberField form={form} path={['retries']} label="Retries" whole fallback={2} />
      </div>
      <div className="row-fields">
        <TextField form={form} path={['owner']} label="Owner" placeholder="ops@example.org" />
        <TextField form={form} path={['description']} label="Description" />
      </div>
      <ItemsField
        form={form}
        path={['environmentVariables']}
        label="Environment"
        addLabel="Add variable"
        blank={() => ({ name: '', value: '' })}
      >
        {(path) => (
          <>
            <TextField form={form} path={[...path, 'name']} label="Name" required mono />
            <TextField form={form} path={[...path, 'value']} label="Value" required mono />
          </>
        )}
      </ItemsField>
      <ItemsField
        form={form}
        path={['constraints']}
        label="Placement"
        addLabel="Add constraint"
        blank={() => ['rack', 'EQUALS', '']}
      >
        {(path) => (
          <>
            <TextField form={form} path={[...path, 0]} label="Attribute" required mono />
            <ChoiceField
              form={form}
              path={[...path, 1]}
              label="Operator"
              fallback="EQUALS"
              data={['EQUALS', 'LIKE', 'UNLIKE'].map((value) => ({ value, label: value }))}
            />
            <TextField form={form} path={[...path, 2]} label="Value" required mono />
          </>
        )}
      </ItemsField>
      <div className="row-fields">
        <SwitchField form={form} path={['concurrent']} label="Runs may overlap" />
        <SwitchField form={form} path={['disabled']} label="Disabled" />
      </div>
    </>
  )
}

const without = (value: DocumentForm['document']['value'], keys: readonly string[]) =>
  Object.fromEntries(Object.entries(value).filter(([key]) => !keys.includes(key)))

const suggestions = [
  ['Every 15 minutes', 'R//PT15M'],
  ['Every hour', 'R//PT1H'],
  ['Daily at 04:00', '0 4 * * *'],
  ['Weekdays at 07:30', '30 7 * * 1-5'],
  ['Once, now', 'R1//PT1H'],
] as const

function Schedule({ form }: { form: DocumentForm }) {
  const schedule = String(form.get(['schedule']) ?? '')
  const zone = String(form.get(['scheduleTimeZone']) ?? '')
  const zones = useMemo(() => ['UTC', ...Intl.supportedValuesOf('timeZone').filter((one) => one !== 'UTC')], [])
  return (
    <>
      <div className="row-fields">
        <TextField
          form={form}
          path={['schedule']}
          label="Schedule"
          required
          mono
          description="R/start/period, or cron"
        />
        <Select
          label="Time zone"
          description="Of the schedule"
          searchable
          clearable
          data={zones}
          limit={80}
          placeholder="as written, or UTC"
          error={form.error('scheduleTimeZone')}
          value={zones.includes(zone) ? zone : null}
          onChange={(value) => form.set(['scheduleTimeZone'], value ?? undefined)}
        />
      </div>
      <div className="chips" role="group" aria-label="Common schedules">
        {suggestions.map(([label, text]) => (
          <button
            key={text}
            type="button"
            className="filter"
            aria-pressed={schedule === text}
            onClick={() => form.set(['schedule'], text)}
          >
            {label}
          </button>
        ))}
      </div>
      <SchedulePreview schedule={schedule} zone={zone} />
    </>
  )
}
