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
  marathon: { type: 'string', default: 'http://127.0.0.1:8080', help: 'Address of Marathon.' },
  chronos: { type: 'string', default: 'http://127.0.0.1:4400', help: 'Address of Chronos.' },
  dashboard: {
    type: 'path',
    default: fileURLToPath(new URL('../web-ui/dist', import.meta.url)),
    help: 'Folder of the built dashboard.',
  },
})

const checkUrls = (config: { readonly marathon: string; readonly chronos: string }): string[] =>
  (['marathon', 'chronos'] as const)
    .filter((name) => !URL.canParse(config[name]))
    .map((name) => `--${name}=${config[name]} is not a URL; allowed: one like http://127.0.0.1:8080`)

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
