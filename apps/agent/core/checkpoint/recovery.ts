import type { Random } from '@thermosphere/effects'
import { Resources } from '@thermosphere/offer-engine'
import { fromJsonObject } from '@thermosphere/protocol'
import type { mesos } from '@thermosphere/protocol'
import { createState } from '../create-state.ts'
import { restoreResources } from '../resources/resources.ts'
import type { AgentConfig, AgentState } from '../state.ts'
import { configurationProblem } from './configuration.ts'
import { readEntries } from './read-entries.ts'
import type { ContainerToRecover } from './read-entries.ts'
import { StoredEntries, storedWire } from './stored.ts'

export type Recovery =
  | {
      readonly type: 'recovered'
      readonly state: AgentState
      readonly containers: readonly ContainerToRecover[]
      /** Entries that could not be read, with the reason; only without `strict`. */
      readonly problems: readonly string[]
      /** Entries that are not part of the state any more: to be deleted before anything is written. */
      readonly dropped: readonly string[]
    }
  | { readonly type: 'incompatible'; readonly message: string }

type Surroundings = {
  readonly config: AgentConfig
  readonly random: Random
  readonly now: number
  /** Names this run of the operating system; processes of another are dead. */
  readonly bootId?: string
  /** An entry that cannot be read stops the agent; otherwise it is left out, with all that belongs to it. */
  readonly strict?: boolean
}

/** The state as the journal has it. Throws CheckpointInvalid if `strict`, as it is unless told otherwise. */
export function recoverState(surroundings: Surroundings, raw: ReadonlyMap<string, string>): Recovery {
  const { config, bootId, strict = true } = surroundings
  const entries = new StoredEntries(raw, { strict })
  const total = restoreResources(Resources.fromWire([...config.resources]), storedResources(entries))
  if (typeof total === 'string') return { type: 'incompatible', message: total }
  const state = createState(surroundings, total)
  const problem = configurationProblem(config, entries)
  const isRebooted = isOtherBoot(entries, bootId)
  // As in Mesos: nothing runs after a reboot, so an agent that is not what it was may simply be another one.
  if (problem !== undefined && isRebooted) return anew(state, raw, problem)
  if (problem !== undefined) return { type: 'incompatible', message: problem }
  state.agentId = entries.get('agent', 'agent')?.agent_id
  state.rebooted = isRebooted
  entries.each('drain', ({ key, value }) => {
    state.drain = storedWire(key, () => fromJsonObject('mesos.v1.DrainConfig', value.config))
    state.drainStartedAt = value.started_at
  })
  const containers = readEntries(state, entries)
  return { type: 'recovered', state, containers: isRebooted ? [] : containers, ...entries.leftOut() }
}

function storedResources(entries: StoredEntries): mesos.Resource[] {
  const resources: mesos.Resource[] = []
  entries.each('resources', ({ key, value }) => {
    resources.push(...storedWire(key, () => value.resources.map((one) => fromJsonObject('mesos.v1.Resource', one))))
  })
  return resources
}

function isOtherBoot(entries: StoredEntries, bootId: string | undefined): boolean {
  const stored = entries.get('boot', 'boot')
  return stored !== undefined && bootId !== undefined && stored.boot_id !== bootId
}

/** A new agent on the same work directory: reservations and volumes stay, they lie on its disks. */
function anew(state: AgentState, raw: ReadonlyMap<string, string>, problem: string): Recovery {
  const dropped = [...raw.keys()].filter((key) => key !== 'resources')
  return { type: 'recovered', state, containers: [], problems: [`joining as a new agent: ${problem}`], dropped }
}
