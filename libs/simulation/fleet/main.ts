/** `npm run fleet`, see `--help`. Figures go to standard output as lines of JSON, everything else to standard error. */
import { errorMessage } from '@thermosphere/effects'
import { readConfig } from './config.ts'
import { runFleet } from './run-fleet.ts'

const stop = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => stop.abort(new Error(`stopped by ${signal}`)))
// Its master is a process of its own, which must not be left behind.
process.once('uncaughtException', (error) => stop.abort(error))

const startedAt = performance.now()
const say = (line: string): void =>
  void process.stderr.write(`${((performance.now() - startedAt) / 1000).toFixed(1)} s  ${line}\n`)

const print = (figures: object): void => void process.stdout.write(`${JSON.stringify(figures)}\n`)

try {
  print(await runFleet({ config: readConfig(), signal: stop.signal, say, report: print }))
} catch (error) {
  process.stderr.write(`fleet: ${errorMessage(error)}\n`)
  process.exitCode = 1
}
