/** The large answers of the v1 operator API, from a snapshot, in both encodings. */
import { encodeJson, encodeProtobuf } from '@thermosphere/protocol'
import type { MediaType } from '@thermosphere/protocol'
import { seenResources } from '../access/sight.ts'
import type { Sight } from '../access/sight.ts'
import { ask } from '../books/page-form.ts'
import { collected, listed, pagesIn, render, runsOf, separated } from './parts.ts'
import type { Part, Rendering } from './parts.ts'
import { snapshotAgents } from './snapshot.ts'
import type { AgentsSnapshot } from './snapshot.ts'
import { entityForms } from './v1-forms.ts'
import { frameworkParts, snapshotV1Frameworks } from './v1-frameworks.ts'
import type { V1Frameworks } from './v1-frameworks.ts'
import type { Master } from '../model.ts'

/** What v1 answers show, at one moment. */
export interface StateSnapshot {
  readonly frameworks: V1Frameworks
  readonly agents: AgentsSnapshot
}

export const snapshotState = (m: Master, sight: Sight): StateSnapshot => ({
  frameworks: snapshotV1Frameworks(m, sight),
  agents: seenAgents(snapshotAgents(m, sight), sight),
})

/** Agents that have not come back: without the resources of roles that the reader does not see. */
function seenAgents({ pages, recovered }: AgentsSnapshot, sight: Sight): AgentsSnapshot {
  if (!sight.limits('view_roles')) return { pages, recovered }
  const seen = recovered.map(([id, record]) => {
    const resources = seenResources(sight, record.info.resources)
    return [id, { ...record, info: { ...record.info, ...(resources && { resources }) } }] as const
  })
  return { pages, recovered: seen }
}

type Content = (state: StateSnapshot, encoding: MediaType) => Iterable<Part>
/** A list of a message, by its name in JSON; in protobuf every element comes with its tag. */
type List = readonly [key: string, elements: Iterable<Part>]
/** A message within a message. */
type Member = readonly [key: string, field: number, parts: Iterable<Part>]

/** A message of lists. JSON has them all, also those that are empty. */
function* lists(encoding: MediaType, ...members: readonly List[]): Generator<Part> {
  if (encoding === 'application/x-protobuf') {
    for (const [, elements] of members) yield* elements
    return
  }
  yield '{'
  yield* separated(members.map(([key, elements]) => listed(key, elements)))
  yield '}'
}

/** A message of messages, in JSON without its braces. */
function* members(encoding: MediaType, ...all: readonly Member[]): Generator<Part> {
  if (encoding === 'application/x-protobuf') {
    for (const [, field, parts] of all) yield { field, parts }
    return
  }
  yield* separated(all.map(([key, , parts]) => named(key, parts)))
}

function* named(key: string, parts: Iterable<Part>): Generator<Part> {
  yield `"${key}":`
  yield* parts
}

const tasks: Content = ({ frameworks: { current, completed } }, encoding) => {
  const all = [...current, ...completed]
  const forms = entityForms[encoding]
  ask(forms.tasks, forms.unreachableTasks, forms.completedTasks)
  const running = pagesIn(
    all.flatMap((framework) => framework.tasks),
    forms.tasks,
  )
  const unreachable = pagesIn(
    all.flatMap((framework) => framework.unreachableTasks),
    forms.unreachableTasks,
  )
  const ended = pagesIn(
    all.flatMap((framework) => framework.completedTasks),
    forms.completedTasks,
  )
  return lists(encoding, ['tasks', running], ['unreachable_tasks', unreachable], ['completed_tasks', ended])
}

const executors: Content = ({ frameworks }, encoding) => {
  const pages = frameworks.current.flatMap((framework) => framework.executors)
  const form = entityForms[encoding].executors
  ask(form)
  return lists(encoding, ['executors', pagesIn(pages, form)])
}

const frameworks: Content = ({ frameworks: { current, completed } }, encoding) => {
  const parts = (all: typeof current, field: number): Iterable<Part> => {
    const each = all.map((framework) => frameworkParts(framework, encoding, field))
    return encoding === 'application/json' ? separated(each) : each.flatMap((one) => [...one])
  }
  return lists(encoding, ['frameworks', parts(current, 1)], ['completed_frameworks', parts(completed, 2)])
}

const agents: Content = ({ agents: { pages, recovered } }, encoding) => {
  const forms = entityForms[encoding]
  ask(forms.agents)
  const infos = recovered.map(([, record]) => record.info)
  return lists(
    encoding,
    ['agents', pagesIn(pages, forms.agents)],
    ['recovered_agents', runsOf(infos, forms.recoveredAgents)],
  )
}

function* wholeState(state: StateSnapshot, encoding: MediaType): Generator<Part> {
  const isJson = encoding === 'application/json'
  if (isJson) yield '{'
  yield* members(
    encoding,
    ['get_tasks', 1, tasks(state, encoding)],
    ['get_executors', 2, executors(state, encoding)],
    ['get_frameworks', 3, frameworks(state, encoding)],
    ['get_agents', 4, agents(state, encoding)],
  )
  if (isJson) yield '}'
}

/** The calls whose answers grow with the cluster: member of the Response, its field, what is in it. */
const largeAnswers = {
  GET_STATE: ['get_state', 9, wholeState],
  GET_AGENTS: ['get_agents', 10, agents],
  GET_FRAMEWORKS: ['get_frameworks', 11, frameworks],
  GET_EXECUTORS: ['get_executors', 12, executors],
  GET_TASKS: ['get_tasks', 13, tasks],
} as const satisfies Record<string, readonly [string, number, Content]>

export type LargeCall = keyof typeof largeAnswers

export const isLargeCall = (type: string | undefined): type is LargeCall =>
  type !== undefined && Object.hasOwn(largeAnswers, type)

type LargeQuestion = { readonly type: LargeCall; readonly encoding: MediaType }

/** The Response to a call, of the state as it is now. */
export function largeAnswer(m: Master, sight: Sight, { type, encoding }: LargeQuestion): Rendering {
  const [key, field, content] = largeAnswers[type]
  const state = snapshotState(m, sight)
  const head = encodeProtobuf('mesos.v1.master.Response', { type })
  return render(() => typed(encoding, head, { type, members: [[key, field, content(state, encoding)]] }))
}

type Typed = { readonly type: string; readonly members: readonly Member[] }

/** A message that says its type first. */
function* typed(encoding: MediaType, head: Uint8Array, { type, members: all }: Typed): Generator<Part> {
  const isJson = encoding === 'application/json'
  yield isJson ? `{"type":"${type}",` : { bytes: () => head }
  yield* members(encoding, ...all)
  if (isJson) yield '}'
}

/** The event that opens an operator's stream, whole: as a record it comes after its length. */
export function subscribedEvent(
  subscribed: SubscribedSnapshot,
  encoding: MediaType,
): Generator<undefined, Uint8Array[]> {
  const type = 'SUBSCRIBED'
  const head = encodeProtobuf('mesos.v1.master.Event', { type })
  const members: Member[] = [['subscribed', 2, subscribedContent(subscribed, encoding)]]
  return collected(render(() => typed(encoding, head, { type, members })))
}

export interface SubscribedSnapshot {
  readonly state: StateSnapshot
  readonly heartbeatIntervalSeconds: number
}

function* subscribedContent(subscribed: SubscribedSnapshot, encoding: MediaType): Generator<Part> {
  const { state, heartbeatIntervalSeconds } = subscribed
  const rest = { heartbeat_interval_seconds: heartbeatIntervalSeconds }
  const isJson = encoding === 'application/json'
  if (isJson) yield '{'
  yield* members(encoding, ['get_state', 1, wholeState(state, encoding)])
  if (isJson) yield `,${encodeJson('mesos.v1.master.Event.Subscribed', rest).slice(1)}`
  else yield { bytes: () => encodeProtobuf('mesos.v1.master.Event.Subscribed', rest) }
}
