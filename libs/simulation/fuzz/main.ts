/** `npm run fuzz`, see `--help`. Prints a line of JSON for each endpoint; ends with 1 when it has found a defect. */
import { readConfig } from './config.ts'
import { attackEndpoint, wantedEndpoints } from './run-fuzz.ts'
import { Target } from './target.ts'

const config = readConfig()
const target = await Target.create()
// Its servers are processes of their own, which must not be left behind.
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => void target.close().finally(() => process.exit(1)))
try {
  await target.start()
  for (const name of wantedEndpoints(config)) {
    const report = await attackEndpoint(target, name, config)
    process.stdout.write(`${JSON.stringify(report)}\n`)
    if (report.defects.length > 0) process.exitCode = 1
  }
} finally {
  await target.close()
}
