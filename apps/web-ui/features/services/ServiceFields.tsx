import { Select } from '@mantine/core'
import {
  ChoiceField,
  ItemsField,
  ListField,
  MapField,
  NumberField,
  TextAreaField,
  TextField,
} from '../document/fields.tsx'
import { getIn, isObject } from '../document/json-document.ts'
import type { Path } from '../document/json-document.ts'
import type { DocumentForm } from '../document/use-document.ts'

/** Members of an app that have a field of their own: the server's errors for them stand there. */
export const serviceFields = [
  'id',
  'cmd',
  'instances',
  'cpus',
  'mem',
  'disk',
  'gpus',
  'container.docker.image',
  'env',
  'labels',
  'portDefinitions',
  'healthChecks',
  'constraints',
  'dependencies',
  'upgradeStrategy.minimumHealthCapacity',
  'upgradeStrategy.maximumOverCapacity',
] as const

export function ServiceFields({ form, isNew, services }: { form: DocumentForm; isNew: boolean; services: string[] }) {
  return (
    <>
      {isNew && (
        <TextField
          form={form}
          path={['id']}
          label="Id"
          required
          mono
          placeholder="/group/name"
          description="Slashes make groups"
        />
      )}
      <TextAreaField form={form} path={['cmd']} label="Command" placeholder="./serve --port $PORT0" />
      <Container form={form} />
      <div className="form-grid">
        <NumberField form={form} path={['instances']} label="Instances" whole fallback={1} />
        <NumberField form={form} path={['cpus']} label="CPUs" step={0.1} fallback={1} />
        <NumberField form={form} path={['mem']} label="Memory, MiB" step={32} fallback={128} />
        <NumberField form={form} path={['disk']} label="Disk, MiB" step={64} fallback={0} />
      </div>
      <Ports form={form} />
      <HealthChecks form={form} />
      <MapField form={form} path={['env']} label="Environment" addLabel="Add variable" />
      <MapField form={form} path={['labels']} label="Labels" addLabel="Add label" />
      <Constraints form={form} />
      <ListField
        form={form}
        path={['dependencies']}
        label="Depends on"
        description="Services that have to be healthy first"
        suggestions={services}
      />
      <div className="form-grid" style={{ gridTemplateColumns: 'repeat(2, minmax(0, 1fr))' }}>
        <NumberField
          form={form}
          path={['upgradeStrategy', 'minimumHealthCapacity']}
          label="Healthy during an update"
          description="Share that stays up, 0 to 1"
          step={0.1}
          max={1}
          fallback={1}
        />
        <NumberField
          form={form}
          path={['upgradeStrategy', 'maximumOverCapacity']}
          label="Extra during an update"
          description="Share started on top, 0 to 1"
          step={0.1}
          max={1}
          fallback={1}
        />
      </div>
    </>
  )
}

const runtimes = [
  { value: 'none', label: 'No container' },
  { value: 'DOCKER', label: 'Docker image' },
  { value: 'MESOS', label: 'Image in the Mesos containerizer' },
]

function Container({ form }: { form: DocumentForm }) {
  const container = form.get(['container'])
  const type = isObject(container) ? String(container['type'] ?? 'DOCKER') : 'none'
  const choose = (value: string) => {
    if (value === 'none') return form.set(['container'], undefined)
    const image = getIn(container, ['docker', 'image']) ?? ''
    form.set(['container'], {
      ...(isObject(container) ? container : {}),
      type: value,
      docker: { ...asObject(getIn(container, ['docker'])), image },
    })
  }
  return (
    <div className="row-fields">
      <Select
        label="Runs in"
        allowDeselect={false}
        data={runtimes}
        value={type}
        onChange={(value) => choose(value ?? 'none')}
      />
      {type !== 'none' && (
        <TextField
          form={form}
          path={['container', 'docker', 'image']}
          label="Image"
          mono
          required
          placeholder="nginx:1.29"
        />
      )}
    </div>
  )
}

const asObject = (value: unknown) => (isObject(value) ? value : {})

function Ports({ form }: { form: DocumentForm }) {
  return (
    <ItemsField
      form={form}
      path={['portDefinitions']}
      label="Ports"
      addLabel="Add port"
      blank={() => ({ port: 0, protocol: 'tcp' })}
    >
      {(path) => (
        <>
          <NumberField
            form={form}
            path={[...path, 'port']}
            label="Port"
            description="0 is any service port"
            whole
            max={65_535}
            fallback={0}
          />
          <TextField form={form} path={[...path, 'name']} label="Name" description="Optional" placeholder="http" />
          <ChoiceField
            form={form}
            path={[...path, 'protocol']}
            label="Protocol"
            description="Of the port"
            fallback="tcp"
            data={['tcp', 'udp', 'udp,tcp'].map((value) => ({ value, label: value }))}
          />
        </>
      )}
    </ItemsField>
  )
}

const protocols = ['MESOS_HTTP', 'HTTP', 'MESOS_HTTPS', 'HTTPS', 'MESOS_TCP', 'TCP', 'COMMAND'].map((value) => ({
  value,
  label: value,
}))
const blankCheck = () => ({
  protocol: 'MESOS_HTTP',
  path: '/',
  portIndex: 0,
  gracePeriodSeconds: 30,
  intervalSeconds: 10,
  timeoutSeconds: 5,
  maxConsecutiveFailures: 3,
})

function HealthChecks({ form }: { form: DocumentForm }) {
  return (
    <ItemsField form={form} path={['healthChecks']} label="Health checks" addLabel="Add check" blank={blankCheck}>
      {(path) => (
        <div style={{ display: 'grid', gap: 8 }}>
          <div className="row-fields">
            <ChoiceField form={form} path={[...path, 'protocol']} label="Check" fallback="HTTP" data={protocols} />
            <CheckTarget form={form} path={path} />
          </div>
          <div className="form-grid">
            <NumberField form={form} path={[...path, 'gracePeriodSeconds']} label="Grace, s" whole fallback={300} />
            <NumberField form={form} path={[...path, 'intervalSeconds']} label="Every, s" whole fallback={60} />
            <NumberField form={form} path={[...path, 'timeoutSeconds']} label="Timeout, s" whole fallback={20} />
            <NumberField form={form} path={[...path, 'maxConsecutiveFailures']} label="Failures" whole fallback={3} />
          </div>
        </div>
      )}
    </ItemsField>
  )
}

function CheckTarget({ form, path }: { form: DocumentForm; path: Path }) {
  const protocol = String(form.get([...path, 'protocol']) ?? 'HTTP')
  if (protocol === 'COMMAND')
    return <TextField form={form} path={[...path, 'command', 'value']} label="Command" mono required />
  const port = <NumberField form={form} path={[...path, 'portIndex']} label="Port index" whole fallback={0} />
  if (protocol.includes('TCP')) return port
  return (
    <>
      <TextField form={form} path={[...path, 'path']} label="Path" mono placeholder="/" />
      {port}
    </>
  )
}

const operators = ['UNIQUE', 'CLUSTER', 'GROUP_BY', 'LIKE', 'UNLIKE', 'MAX_PER', 'IS'].map((value) => ({
  value,
  label: value,
}))

function Constraints({ form }: { form: DocumentForm }) {
  return (
    <ItemsField
      form={form}
      path={['constraints']}
      label="Placement"
      addLabel="Add constraint"
      blank={() => ['hostname', 'UNIQUE']}
    >
      {(path) => (
        <>
          <TextField form={form} path={[...path, 0]} label="Attribute" required mono placeholder="hostname" />
          <ChoiceField form={form} path={[...path, 1]} label="Operator" fallback="UNIQUE" data={operators} />
          <TextField form={form} path={[...path, 2]} label="Value" mono placeholder="optional" />
        </>
      )}
    </ItemsField>
  )
}
