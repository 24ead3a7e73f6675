import type { Millis } from '@thermosphere/effects'

/** How a simulated task of that command behaves; `runMs` is Infinity when it runs until it is killed. */
export type TaskBehaviour = { readonly runMs: Millis; readonly exitCode: number; readonly ignoresTerm: boolean }

const pattern = /^(trap '' TERM; )?sleep (\d+|infinity)(?:; exit (\d+))?/

/** `sleep 30; exit 1` runs for half a minute and fails; whatever else is written runs until it is killed. */
export function taskBehaviour(command: string): TaskBehaviour {
  const [, trap, seconds = 'infinity', exitCode = '0'] = pattern.exec(command) ?? []
  const runMs = seconds === 'infinity' ? Infinity : Number(seconds) * 1000
  return { runMs, exitCode: Number(exitCode), ignoresTerm: trap !== undefined }
}
