import { destroyAll } from './operator-containers/index.ts'
import { shutDownFramework } from './executors/frameworks.ts'
import type { Turn } from './turn.ts'

const EXIT_TIMER_MS = 30_000

/** Ends everything that runs here, then the process. The agent id stays: a later start returns with it. */
export function beginShutdown(turn: Turn, order: { readonly message: string; readonly unregister: boolean }): void {
  if (turn.state.shuttingDown) return
  turn.state.shuttingDown = true
  turn.soon({ type: 'log', level: 'warn', event: 'agent.shutdown', fields: { reason: order.message } })
  if (order.unregister) turn.soon({ type: 'send', message: { type: 'UNREGISTER' } })
  for (const id of [...turn.state.frameworks.keys()]) shutDownFramework(turn, id)
  destroyAll(turn)
  turn.timer('exit', turn.now + EXIT_TIMER_MS)
}

/** Once the last framework is gone the process may go. */
export function exitIfIdle(turn: Turn): void {
  if (turn.state.frameworks.size > 0 || turn.state.operatorContainers.size > 0) return
  turn.durable({ type: 'exit', code: 0, message: 'the agent was told to shut down' })
}

/** Executors that do not end in time are left behind; the next start cleans up after them. */
export function exitNow(turn: Turn): void {
  turn.durable({ type: 'exit', code: 0, message: 'not everything ended in time' })
}
