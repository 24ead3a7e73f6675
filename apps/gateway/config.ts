/** Every flag of the gateway. */
import { addressFlags, defineFlags, parseFlags, processFlags } from '@thermosphere/service-kit'
import { fileURLToPath } from 'node:url'

export const version = '0.1.0'

const flags = defineFlags({
  ...addressFlags(8000),
  ...processFlags,
  master: {
    type: 'list',
    default: ['127.0.0.1:5050'],
    help: 'Masters as host:port, comma separated; requests go to the one that leads.',
  },
  marathon: {
    type: 'list',
    default: ['http://127.0.0.1:8080'],
    help: 'URLs of the Marathons, comma separated; any of them answers for all.',
  },
  chronos: {
    type: 'list',
    default: ['http://127.0.0.1:4400'],
    help: 'URLs of the Chronos, comma separated; any of them answers for all.',
  },
  credential: {
    type: 'path',
    help: 'A JSON file {"principal":"p","secret":"s"}: the login of the gateway, and of requests without one.',
  },
  agent_credential: {
    type: 'path',
    help: 'The same for agents. Whoever can join as an agent is sent it: name one that may do nothing else.',
  },
  dashboard: {
    type: 'path',
    default: fileURLToPath(new URL('../web-ui/dist', import.meta.url)),
    help: 'Folder of the built dashboard.',
  },
})

const checkUrls = (config: Readonly<Record<'marathon' | 'chronos', readonly string[]>>): string[] =>
  (['marathon', 'chronos'] as const).flatMap((name) =>
    config[name]
      .filter((url) => !/^https?:/.test(url) || !URL.canParse(url))
      .map((url) => `--${name}: ${url} is not a URL; allowed: one or more like http://127.0.0.1:8080, comma separated`),
  )

export const readConfig = () =>
  parseFlags(flags, {
    argv: process.argv.slice(2),
    env: process.env,
    envPrefix: 'GATEWAY_',
    program: 'gateway',
    version,
    about: 'One address for the dashboard, the frameworks, the master and every agent.',
    check: checkUrls,
  })
