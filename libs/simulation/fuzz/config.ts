import { defineFlags, parseFlags, requireFlags } from '@thermosphere/service-kit'
import type { ConfigOf } from '@thermosphere/service-kit'
import { endpointNames } from './endpoints.ts'

const flags = defineFlags({
  calls: { type: 'integer', default: 10_000, min: 1, max: 100_000_000, help: 'How many calls each endpoint gets.' },
  seed: { type: 'integer', default: 1, min: 0, max: 4_294_967_295, help: 'All calls follow from it and their number.' },
  from: { type: 'integer', default: 0, min: 0, max: 100_000_000, help: 'The number of the first call.' },
  endpoint: {
    type: 'list',
    default: [...endpointNames],
    help: `Which endpoints, separated by commas: ${endpointNames.join(', ')}.`,
  },
  connections: { type: 'integer', default: 8, min: 1, max: 256, help: 'How many calls are under way at once.' },
})

export type Config = ConfigOf<typeof flags>

const problemsOf = ({ endpoint }: Config): string[] =>
  endpoint
    .filter((name) => !endpointNames.some((known) => known === name))
    .map((name) => `--endpoint: must be of ${endpointNames.join(', ')}, not ${JSON.stringify(name)}`)

/** From arguments alone. Throws StartupError with every problem. */
export const parseFuzzFlags = (argv: readonly string[]): Config => requireFlags(flags, { argv, check: problemsOf })

/** The configuration of this process; prints what is wrong and exits otherwise. */
export const readConfig = (): Config =>
  parseFlags(flags, {
    argv: process.argv.slice(2),
    env: {},
    program: 'npm run fuzz --',
    version: '0.1.0',
    about: 'Malformed calls to a real master and a real agent, and whether either takes harm.',
    check: problemsOf,
  })
