/** The one entrance to the core: an input in, effects out. */
import type { Millis } from '@thermosphere/effects'
import { assertNever } from '@thermosphere/effects'
import { onOffers } from './launch/offers.ts'
import type { Effect, Input } from './messages.ts'
import { runCommand } from './requests/commands.ts'
import { onJobDue } from './runs/due.ts'
import { onOvertime } from './runs/kill.ts'
import { expireRun, revive } from './runs/queue.ts'
import {
  onConnected,
  onDoubt,
  onFrameworkRemoved,
  onReconcileTimer,
  onStart,
  prune,
  startScheduling,
  startWhenKnown,
} from './runs/reconcile.ts'
import { onUnreachableTimeout, onUpdate } from './runs/updates.ts'
import type { ChronosState, Run } from './state.ts'
import { Turn } from './turn.ts'

export function step(state: ChronosState, input: Input, now: Millis): readonly Effect[] {
  const turn = new Turn(state, now)
  apply(turn, input)
  return turn.effects()
}

function apply(turn: Turn, input: Input): void {
  switch (input.type) {
    case 'command':
      return turn.reply(input.id, runCommand(turn, input.command))
    case 'timer':
      return onTimer(turn, input.key)
    case 'start':
      return onStart(turn)
    case 'connected':
      return onConnected(turn, input.frameworkId)
    case 'disconnected':
      turn.state.isConnected = false
      return
    case 'framework-removed':
      return onFrameworkRemoved(turn)
    case 'offers':
      return onOffers(turn, input.offers)
    case 'update':
      onUpdate(turn, input.status)
      return startWhenKnown(turn)
    default:
      return assertNever(input)
  }
}

function onTimer(turn: Turn, key: string): void {
  const slash = key.indexOf('/')
  const kind = slash === -1 ? key : key.slice(0, slash)
  const target = key.slice(slash + 1)
  switch (kind) {
    case 'job':
      return onJobDue(turn, target)
    case 'revive':
      return revive(turn)
    case 'reconcile':
      return onReconcileTimer(turn)
    case 'recovered':
      return startScheduling(turn)
    case 'prune':
      return prune(turn)
    default: {
      const run = turn.state.runs.active.get(target)
      if (run !== undefined) onRunTimer(turn, run, kind)
    }
  }
}

function onRunTimer(turn: Turn, run: Run, kind: string): void {
  switch (kind) {
    case 'start':
      if (run.state !== 'delayed') return
      run.state = 'queued'
      turn.saveRun(run)
      return revive(turn)
    case 'expire':
      return expireRun(turn, run)
    case 'doubt':
      return onDoubt(turn, run)
    case 'overtime':
      return onOvertime(turn, run)
    case 'unreachable':
      return onUnreachableTimeout(turn, run)
  }
}
