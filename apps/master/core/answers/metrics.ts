/**
 * All metrics, in the order of their names. A framework's share a prefix that no other name has, so that the metrics of
 * each are a block; what a block says as text is kept until the framework changes.
 */
import { borrowProtobuf, encodeJson, encodeProtobuf } from '@thermosphere/protocol'
import type { MediaType, mesos } from '@thermosphere/protocol'
import type { Millis } from '@thermosphere/effects'
import { encodeItems } from '../books/encoded-items.ts'
import type { Form } from '../books/encoded-items.ts'
import { double } from '../views/json.ts'
import { activeStates } from '../views/metric-names.ts'
import { masterMetrics } from '../views/metrics.ts'
import { late, listed, render, runsOf, separated } from './parts.ts'
import type { Part, Rendering } from './parts.ts'
import { isSame } from '../views/shown.ts'
import type { Framework, Master } from '../model.ts'

/** With the key of its member in JSON, where that is kept. */
type Metric = readonly [name: string, value: number, key?: string]
type More = Readonly<Record<string, number>>

const byName = (left: string, right: string): number => (left < right ? -1 : left > right ? 1 : 0)
const blocksBegin = 'master/frameworks/'
const blocksEnd = 'master/frameworks0'

interface Block {
  readonly prefix: string
  /** What comes after the prefix, sorted. */
  readonly names: readonly string[]
  readonly of: Shape
}

/** While these are the same, a framework has the same metrics. */
interface Shape {
  readonly info: Framework['info']
  readonly roles: Framework['roles']
  readonly counterCount: number
}

const blocks = new WeakMap<Framework, Block>()

function blockOf(framework: Framework): Block {
  const { info, roles, counters } = framework
  const known = blocks.get(framework)
  if (known?.of.info === info && known.of.roles === roles && known.of.counterCount === counters.size) return known
  const names = [
    ...Array.from(counters.entries(), ([name]) => name),
    ...Object.keys(activeStates),
    ...roles.map((role) => `roles/${role}/suppressed`),
    'subscribed',
  ]
  const block: Block = {
    prefix: prefixOf(framework),
    names: [...new Set(names)].sort(byName),
    of: { info, roles, counterCount: counters.size },
  }
  blocks.set(framework, block)
  return block
}

const prefixOf = ({ id, info }: Framework): string => `${blocksBegin}${encodeURIComponent(info.name)}/${id}/`

/** Values that are no counters. */
function gaugesOf({ connection, roles, suppressed, tasks }: Framework): Map<string, number> {
  const gauges = new Map<string, number>([['subscribed', connection.state === 'connected' ? 1 : 0]])
  for (const role of roles) gauges.set(`roles/${role}/suppressed`, suppressed.has(role) ? 1 : 0)
  for (const [name, state] of Object.entries(activeStates)) gauges.set(name, tasks.count(state))
  return gauges
}

function metricsOf(framework: Framework): Metric[] {
  const { prefix, names } = blockOf(framework)
  const gauges = gaugesOf(framework)
  return names.map((name) => [prefix + name, gauges.get(name) ?? framework.counters.get(name)])
}

/** What the values of a block follow from. */
interface Said {
  readonly block: Block
  readonly counters: number
  readonly tasks: number
  readonly isConnected: boolean
  readonly suppressed: string
}

const saidOf = (framework: Framework): Said => ({
  block: blockOf(framework),
  counters: framework.counters.revision,
  tasks: framework.tasks.revision,
  isConnected: framework.connection.state === 'connected',
  suppressed:
    framework.suppressed.size === 0 ? '' : framework.roles.filter((role) => framework.suppressed.has(role)).join(),
})

interface BlockText {
  readonly said: Said
  readonly keys: readonly string[]
  readonly bytes: Uint8Array
}

const texts = new WeakMap<Framework, BlockText>()
const utf8 = new TextEncoder()

/** The members of the object that belong to the framework. */
function textOf(framework: Framework): Uint8Array {
  const said = saidOf(framework)
  const known = texts.get(framework)
  if (known && isSame(known.said, said)) return known.bytes
  const { block } = said
  const keys = known?.said.block === block ? known.keys : block.names.map((name) => keyOf(block.prefix + name))
  const gauges = gaugesOf(framework)
  let text = ''
  for (const [index, name] of block.names.entries()) {
    const value = double(gauges.get(name) ?? framework.counters.get(name))
    text += `${index === 0 ? '' : ','}${keys[index]}${value}`
  }
  const bytes = utf8.encode(text)
  texts.set(framework, { said, keys, bytes })
  return bytes
}

/** Metrics of the master and its process before and after the blocks, and whose blocks there are, in order. */
interface Sections {
  readonly before: readonly Metric[]
  readonly frameworks: readonly Framework[]
  readonly after: readonly Metric[]
}

function sectionsOf(m: Master, now: Millis, more: More): Sections {
  const all = masterMetrics(m, now)
  for (const [name, value] of Object.entries(more)) all.set(name, value)
  const sorted = sortedByName(m, [...all])
  const prefixes = new Map<Framework, string>()
  if (m.config.publishPerFrameworkMetrics)
    for (const framework of m.frameworks.values()) prefixes.set(framework, prefixOf(framework))
  return {
    before: sorted.filter(([name]) => name < blocksBegin),
    frameworks: [...prefixes].sort(([, left], [, right]) => byName(left, right)).map(([framework]) => framework),
    after: sorted.filter(([name]) => name >= blocksEnd),
  }
}

/** Names as they came last, their keys, and where each is in their order: they are nearly always the same. */
interface Order {
  readonly names: readonly string[]
  readonly keys: readonly string[]
  readonly indexes: readonly number[]
}

const orders = new WeakMap<Master, Order>()

function sortedByName(m: Master, metrics: readonly Metric[]): Metric[] {
  const known = orders.get(m)
  const isKnown = known?.names.length === metrics.length && metrics.every(([name], at) => name === known.names[at])
  const order = isKnown ? known : orderOf(metrics)
  orders.set(m, order)
  return order.indexes.map((index) => {
    const [name, value] = metrics[index] as Metric
    return [name, value, order.keys[index] ?? keyOf(name)]
  })
}

const keyOf = (name: string): string => `${JSON.stringify(name)}:`

function orderOf(metrics: readonly Metric[]): Order {
  const names = metrics.map(([name]) => name)
  const indexes = names.map((_, at) => at).sort((a, b) => byName(names[a] ?? '', names[b] ?? ''))
  return { names, keys: names.map(keyOf), indexes }
}

/** So many metrics are encoded without a pause. */
const membersPerPart = 512

function* membersOf(metrics: readonly Metric[]): Generator<Part> {
  for (let from = 0; from < metrics.length; from += membersPerPart) {
    if (from > 0) yield ','
    const some = metrics.slice(from, from + membersPerPart)
    yield late(() => some.map(([name, value, key = keyOf(name)]) => key + double(value)).join(','))
  }
}

/** Some frameworks at a time: a block is too little for a pause. */
const blocksPerPart = 32

/** `/metrics/snapshot`: one flat object. `more` are metrics of the process; they win. */
export function metricsAnswer(m: Master, now: Millis, more: More): Rendering {
  const { before, frameworks, after } = sectionsOf(m, now, more)
  const groups: Iterable<Part>[] = []
  if (before.length > 0) groups.push(membersOf(before))
  for (let at = 0; at < frameworks.length; at += blocksPerPart) {
    const some = frameworks.slice(at, at + blocksPerPart)
    groups.push([late(() => joined(some.map(textOf)))])
  }
  if (after.length > 0) groups.push(membersOf(after))
  return render(function* () {
    yield '{'
    yield* separated(groups)
    yield '}'
  })
}

function joined(texts: readonly Uint8Array[]): Uint8Array {
  const length = texts.reduce((sum, text) => sum + text.length + 1, -1)
  const bytes = new Uint8Array(length).fill(','.charCodeAt(0))
  let at = 0
  for (const text of texts) {
    bytes.set(text, at)
    at += text.length + 1
  }
  return bytes
}

const response = 'mesos.v1.master.Response'
const wire = ([name, value]: Metric): mesos.Metric => ({ name, value })
const jsonForm: Form<Metric> = { separator: ',', encode: (metric) => encodeJson('mesos.v1.Metric', wire(metric)) }
const protobufForm: Form<Metric> = {
  separator: '',
  encode: (metric) => borrowProtobuf(`${response}.GetMetrics`, { metrics: [wire(metric)] }),
}
const metricsField = 5

function metricGroups({ before, frameworks, after }: Sections, form: Form<Metric>): Iterable<Part>[] {
  const groups: Iterable<Part>[] = []
  if (before.length > 0) groups.push(runsOf(before, form))
  for (const framework of frameworks)
    groups.push([{ bytes: () => encodeItems(form, metricsOf(framework), undefined).pieces }])
  if (after.length > 0) groups.push(runsOf(after, form))
  return groups
}

/** GET_METRICS: the same, one message each. */
export function getMetricsAnswer(
  m: Master,
  { now, more }: { now: Millis; more: More },
  encoding: MediaType,
): Rendering {
  const sections = sectionsOf(m, now, more)
  return render(function* () {
    if (encoding === 'application/json') {
      yield '{"type":"GET_METRICS","get_metrics":{'
      yield* listed('metrics', separated(metricGroups(sections, jsonForm)))
      yield '}}'
    } else {
      yield late(() => encodeProtobuf(response, { type: 'GET_METRICS' }))
      yield { field: metricsField, parts: metricGroups(sections, protobufForm).flatMap((group) => [...group]) }
    }
  })
}

/** Every metric that follows from the state, by name. */
export function metricsView(m: Master, now: Millis): Map<string, number> {
  const { before, frameworks, after } = sectionsOf(m, now, {})
  return new Map([...before, ...frameworks.flatMap(metricsOf), ...after].map(([name, value]) => [name, value]))
}
