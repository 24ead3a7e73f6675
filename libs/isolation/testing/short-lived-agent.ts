/** Run by a test as a process of its own: launches one container, prints its handle, and waits to be killed. */
import { createContainerizers } from '../create-containerizers.ts'
import type { ContainerSpec } from '../containerizer.ts'
import type { ContainerizersOptions } from '../create-containerizers.ts'

// eslint-disable-next-line no-restricted-syntax -- a helper of tests has no config.ts
const [options = '', spec = ''] = process.argv.slice(2)
const { process: containerizer } = await createContainerizers(JSON.parse(options) as ContainerizersOptions)
const launch = containerizer.launch(JSON.parse(spec) as ContainerSpec, { signal: new AbortController().signal })
process.stdout.write(`${JSON.stringify(await launch)}\n`)
setInterval(() => undefined, 60_000)
