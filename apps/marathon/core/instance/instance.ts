/** An instance is one placement of an app. It keeps its id over relaunches; every relaunch is the next incarnation. */
import { z } from 'zod'
import type { Millis } from '@thermosphere/effects'
import type { mesos } from '@thermosphere/protocol'

const goals = ['Running', 'Stopped', 'Decommissioned'] as const
type Goal = (typeof goals)[number]

/** Conditions an instance can be stored in once it was placed. */
const placedConditions = [
  'Provisioned',
  'Staging',
  'Starting',
  'Running',
  'Killing',
  'Unreachable',
  'UnreachableInactive',
] as const
export type PlacedCondition = (typeof placedConditions)[number]

/** Conditions that end a placement; they are told, never kept. */
export type TerminalCondition = 'Finished' | 'Killed' | 'Failed' | 'Error' | 'Dropped' | 'Gone' | 'Unknown'
export type Condition = 'Scheduled' | PlacedCondition | TerminalCondition

const ipAddressSchema = z.object({ ipAddress: z.string(), protocol: z.string() })
const attributeSchema = z.custom<mesos.Attribute>(
  (value) => typeof value === 'object' && value !== null && 'name' in value && 'type' in value,
)

const taskSchema = z.object({
  id: z.string(),
  stagedAt: z.number(),
  startedAt: z.number().optional(),
  /** The last state Mesos told. */
  mesosState: z.string().optional(),
  message: z.string().optional(),
  /** One entry per declared port, null where it has no host port. */
  ports: z.array(z.number().nullable()),
  ipAddresses: z.array(ipAddressSchema),
})

const agentSchema = z.object({
  id: z.string(),
  host: z.string(),
  region: z.string().optional(),
  zone: z.string().optional(),
  attributes: z.array(attributeSchema),
})
export type Agent = z.infer<typeof agentSchema>

const waitingSchema = z.object({ condition: z.literal('Scheduled'), since: z.number() })
const placedSchema = z.object({
  condition: z.enum(placedConditions),
  since: z.number(),
  activeSince: z.number().optional(),
  agent: agentSchema,
  task: taskSchema,
})

/** The stored form; `version` is the app version that runs, or that will be launched. */
export const instanceSchema = z.object({
  id: z.string(),
  appId: z.string(),
  role: z.string(),
  version: z.string(),
  goal: z.enum(goals),
  incarnation: z.number(),
  state: z.discriminatedUnion('condition', [waitingSchema, placedSchema]),
})
export type InstanceState = z.infer<typeof instanceSchema>['state']
export type Placed = z.infer<typeof placedSchema>

/** Mutable inside the core; `Instances` keeps its indexes, so states are changed through it. */
export type Instance = {
  readonly id: string
  readonly appId: string
  role: string
  version: string
  goal: Goal
  incarnation: number
  state: InstanceState
}

export function isPlaced(state: InstanceState): state is Placed {
  return state.condition !== 'Scheduled'
}

export function placementOf(instance: Instance): Placed | undefined {
  return isPlaced(instance.state) ? instance.state : undefined
}

/** Whether it counts towards the number of instances an app should have. */
export function countsForScale(instance: Instance): boolean {
  return instance.goal === 'Running' && instance.state.condition !== 'UnreachableInactive'
}

export function isRunning(instance: Instance): boolean {
  return instance.state.condition === 'Running'
}

export function isUnreachable(instance: Instance): boolean {
  return instance.state.condition === 'Unreachable' || instance.state.condition === 'UnreachableInactive'
}

export function newInstance(options: {
  readonly id: string
  readonly appId: string
  readonly role: string
  readonly version: string
  readonly now: Millis
}): Instance {
  const { id, appId, role, version, now } = options
  return { id, appId, role, version, goal: 'Running', incarnation: 1, state: { condition: 'Scheduled', since: now } }
}
