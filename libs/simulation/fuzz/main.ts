/** `npm run fuzz`, see `--help`. Prints a line of JSON for each endpoint; ends with 1 when it has found a defect. */
import { readConfig } from './config.ts'
import { attackEndpoint, wantedEndpoints } from './run-fuzz.ts'
import { Target } from './target.ts'

const config = readConfig()
const target = await Target.start()
try {
  for (const name of wantedEndpoints(config)) {
    const report = await attackEndpoint(target, name, config)
    process.stdout.write(`${JSON.stringify(report)}\n`)
    if (report.defects.length > 0) process.exitCode = 1
  }
} finally {
  await target.close()
}
