import { errorMessage } from '@thermosphere/effects'
import { Resources } from '@thermosphere/offer-engine'
import { defineFlags, parseFlags, requireFlags } from '@thermosphere/service-kit'
import type { ConfigOf } from '@thermosphere/service-kit'
import { failuresForm, noFailures, parseFailures } from './agents/failures.ts'
import type { Failures } from './agents/failures.ts'
import { openFilesMax } from './figures.ts'
import { taskResources } from './framework/fleet-framework.ts'

/** One connection each, and some for everything else. */
const otherFiles = 200

const flags = defineFlags({
  agents: {
    type: 'integer',
    default: 1_000,
    min: 1,
    max: 28_000,
    help: 'How many agents; one address has no ports for more connections.',
  },
  tasks: { type: 'integer', default: 0, min: 0, max: 2_000_000, help: 'How many tasks a framework keeps running.' },
  masters: {
    type: 'list',
    aliases: ['master'],
    help: 'Masters as host:port, separated by commas; without them the fleet starts one of its own.',
  },
  resources: {
    type: 'string',
    default: 'cpus:8;mem:16384;disk:65536;ports:[31000-32000]',
    help: 'What each agent offers. A task takes cpus:0.01;mem:8.',
  },
  'task-seconds': {
    type: 'number',
    default: 0,
    min: 0,
    max: 31_536_000,
    help: 'How long a task runs before it finishes and another takes its place; 0 is for ever.',
  },
  'launch-rate': {
    type: 'number',
    min: 0.1,
    max: 1_000_000,
    help: 'How many tasks are launched in a second at most; without it as many as there is room for.',
  },
  speed: {
    type: 'number',
    default: 1,
    min: 0.001,
    max: 100_000,
    help: 'How many times faster than the clock tasks live.',
  },
  'register-rate': {
    type: 'number',
    min: 0.1,
    max: 1_000_000,
    help: 'How many agents start in a second; without it all at once.',
  },
  fail: { type: 'list', default: [], help: `What goes wrong during --hold: ${failuresForm}.` },
  hold: { type: 'duration', default: '10secs', max: 604_800_000, help: 'How long to go on once everything runs.' },
  'report-every': {
    type: 'duration',
    min: 5_000,
    max: 86_400_000,
    help: 'How often during --hold figures of the time since are printed, as a line of JSON.',
  },
  failovers: {
    type: 'integer',
    default: 0,
    min: 0,
    max: 100,
    help: "How often the fleet's own master is killed and another started in its place, after --hold.",
  },
  store: {
    type: 'string',
    choices: ['sqlite', 'etcd'],
    default: 'sqlite',
    help: "Where the fleet's own master keeps its registry; an etcd is started for it.",
  },
  'master-flags': {
    type: 'list',
    default: [],
    help: "Further flags of the fleet's own master: name=value, separated by commas.",
  },
  'durable-updates': {
    type: 'boolean',
    default: false,
    help: 'Whether the framework writes updates to a store like --store before it acknowledges them.',
  },
  seed: { type: 'integer', default: 1, min: 0, max: 4_294_967_295, help: 'What is drawn by lot follows from it.' },
})

type Flags = ConfigOf<typeof flags>
export type Config = Flags & { readonly failures: Failures }

const address = /^(\[[0-9a-fA-F:.]+\]|[^\s:/[\]]+):([1-9]\d{0,4})$/

/** Everything that is wrong with the flags together. */
function problemsOf(config: Flags): string[] {
  return [...masterProblems(config), ...sizeProblems(config), ...failProblems(config)]
}

function masterProblems({ masters, failovers, store, 'master-flags': masterFlags }: Flags): string[] {
  if (masters === undefined) return masterFlags.filter((one) => !/^[a-z][a-z0-9_-]*=/.test(one)).map(notAFlag)
  const wrong = masters.filter((one) => !address.test(one) || Number(one.split(':').at(-1)) > 65_535)
  const ownOnly = 'is for a master of its own; leave it or --masters out'
  return [
    ...(masters.length === 0 ? ['--masters: names no master'] : []),
    ...wrong.map((one) => `--masters: must be host:port, as in 127.0.0.1:5050, not ${JSON.stringify(one)}`),
    ...(failovers > 0 ? [`--failovers: ${ownOnly}`] : []),
    ...(store === 'etcd' ? [`--store: ${ownOnly}`] : []),
    ...(masterFlags.length > 0 ? [`--master-flags: ${ownOnly}`] : []),
  ]
}

const notAFlag = (text: string): string =>
  `--master-flags: must be name=value, as in allocation_interval=500ms, not ${JSON.stringify(text)}`

function sizeProblems({ agents, tasks, resources }: Flags): string[] {
  const files = openFilesMax()
  const tooMany = `--agents: ${agents} connections need more open files than the ${files} that this process may have`
  return [
    ...(agents + otherFiles > files ? [`${tooMany}; raise the limit (ulimit -n) or take fewer`] : []),
    ...resourceProblems(resources, Math.ceil(tasks / agents)),
  ]
}

function resourceProblems(text: string, perAgent: number): string[] {
  let offered: Resources
  try {
    offered = Resources.parse(text, { role: '*' })
  } catch (error) {
    return [`--resources: ${errorMessage(error)}`]
  }
  const { cpusMilli, memMilli } = taskResources
  const room = Math.floor(Math.min(offered.scalar('cpus') / cpusMilli, offered.scalar('mem') / memMilli))
  if (perAgent <= room) return []
  return [`--tasks: ${perAgent} tasks an agent do not fit ${text}, which has room for ${room} (cpus:0.01;mem:8 each)`]
}

function failProblems({ fail }: Flags): string[] {
  const failures = parseFailures(fail)
  return 'problem' in failures ? [`--fail: must be ${failuresForm}, not ${JSON.stringify(failures.problem)}`] : []
}

function withFailures(config: Flags): Config {
  const failures = parseFailures(config.fail)
  return { ...config, failures: 'problem' in failures ? noFailures : failures }
}

/** From arguments alone. Throws StartupError with every problem. */
export const parseFleetFlags = (argv: readonly string[]): Config =>
  withFailures(requireFlags(flags, { argv, check: problemsOf }))

/** The configuration of this process; prints what is wrong and exits otherwise. */
export const readConfig = (): Config =>
  withFailures(
    parseFlags(flags, {
      argv: process.argv.slice(2),
      env: {},
      program: 'npm run fleet --',
      version: '0.1.0',
      about: 'Simulated agents over real connections: how a master of a cluster of that size fares.',
      check: problemsOf,
    }),
  )
