import type { Random } from '@thermosphere/effects'
import type { Resources } from '@thermosphere/offer-engine'
import type { AgentConfig, AgentState } from './state.ts'

type StateParts = {
  readonly config: AgentConfig
  readonly random: Random
  readonly now: number
  readonly bootId?: string | undefined
}

/** The state of an agent that has not recovered anything yet. */
export function createState({ config, random, now, bootId }: StateParts, total: Resources): AgentState {
  return {
    config,
    random,
    startedAt: now,
    bootId,
    rebooted: false,
    recoveredAt: undefined,
    agentId: undefined,
    link: { type: 'recovering' },
    shuttingDown: false,
    drain: undefined,
    drainStartedAt: undefined,
    total,
    resourceVersion: undefined,
    oversubscribed: undefined,
    frameworks: new Map(),
    completedFrameworks: [],
    operations: new Map(),
    containers: new Map(),
    operatorContainers: new Map(),
    containerWaits: new Map(),
    counters: {
      tasksFinished: 0,
      tasksFailed: 0,
      tasksKilled: 0,
      tasksLost: 0,
      tasksGone: 0,
      executorsTerminated: 0,
      executorsPreempted: 0,
      validStatusUpdates: 0,
      invalidStatusUpdates: 0,
      validFrameworkMessages: 0,
      invalidFrameworkMessages: 0,
      containerLaunchErrors: 0,
      recoveryErrors: 0,
    },
    nextToken: 1,
  }
}
