import { CAPABILITIES } from '@thermosphere/agent-core'
import { aclsSchema } from '@thermosphere/protocol/acls'
import {
  addressFlags,
  domainFlag,
  defineFlags,
  flagStrings,
  logFlags,
  logProblems,
  parseFlags,
  processFlags,
  reachFlags,
  reachProblems,
  requireFlags,
  workDirFlag,
} from '@thermosphere/service-kit'
import type { ConfigOf } from '@thermosphere/service-kit'
import { z } from 'zod'
import { FIXED_ESTIMATOR, LOAD_CONTROLLER, modulesSchema } from './modules.ts'
import { VERSION } from './version.ts'

/** Without these the master and the agent do not speak of resources in the same form. */
const REQUIRED_FEATURES = ['MULTI_ROLE', 'HIERARCHICAL_ROLE', 'RESERVATION_REFINEMENT'] as const

const featuresSchema = z
  .object({ capabilities: z.array(z.object({ type: z.enum(CAPABILITIES) })).max(100) })
  .refine(({ capabilities }) => REQUIRED_FEATURES.every((name) => capabilities.some(({ type }) => type === name)), {
    message: `at least these capabilities are needed: ${REQUIRED_FEATURES.join(', ')}`,
  })

const login = (who: string) => ({ type: 'boolean', default: false, help: `Whether ${who} must log in.` }) as const

/** Every flag of the agent. Names, units and defaults are Mesos' where they mean the same. */
const flags = defineFlags({
  ...addressFlags(5051),
  ...processFlags,
  ...reachFlags,
  ...logFlags,
  ...workDirFlag('/var/lib/thermosphere/agent'),
  master: {
    type: 'list',
    required: true,
    help: 'Masters as host:port, separated by commas, or the store in which they elect the leader: etcd://host:2379/prefix.',
  },
  runtime_dir: {
    type: 'path',
    help: 'The directory of what is known of running containers; without it one in memory (/run, /dev/shm), or work_dir/run.',
  },
  resources: {
    type: 'string',
    help: "What the agent offers, as 'cpus:4;mem:8192;disk:10000;ports:[31000-32000]' or JSON; the rest is detected.",
  },
  attributes: { type: 'string', default: '', help: "Attributes of the machine, as 'rack:r1;os:linux'." },
  ...domainFlag('agent'),
  agent_features: {
    type: 'json',
    schema: featuresSchema,
    help: 'Capabilities to tell of, no others: {"capabilities":[{"type":"MULTI_ROLE"},…]}; without it all.',
  },
  default_role: { type: 'string', default: '*', help: 'The role of resources that name none.' },
  isolation: {
    type: 'string',
    default: 'auto',
    help: "How tasks are kept apart: auto, posix (plain processes) or linux (cgroups, namespaces); or Mesos' lists.",
  },
  containerizers: {
    type: 'list',
    default: ['mesos', 'docker'],
    choices: ['mesos', 'docker'],
    help: 'mesos runs processes, docker runs Docker images through the engine at docker_socket if it is there.',
  },
  docker_socket: { type: 'path', default: '/var/run/docker.sock', help: 'The socket of the Docker engine.' },
  cgroups_root: { type: 'string', default: 'mesos', help: "Name of the agent's directory in the cgroup hierarchy." },
  cgroups_enable_cfs: { type: 'boolean', default: false, help: 'Cap every task at its cpus, also without a limit.' },
  executor_registration_timeout: {
    type: 'duration',
    default: '1mins',
    min: 100,
    help: 'How long an executor may take from launch, fetching included, to its subscription.',
  },
  executor_reregistration_timeout: {
    type: 'duration',
    default: '2secs',
    max: 15_000,
    help: 'How long executors may take to come back after the agent was restarted.',
  },
  executor_shutdown_grace_period: {
    type: 'duration',
    default: '5secs',
    help: 'How long an executor may take to shut down before its container is destroyed.',
  },
  executor_environment_variables: {
    type: 'json',
    schema: z.record(z.string().max(256), z.string().max(131_072)),
    help: 'The environment of every executor and task, as a JSON object; without it PATH alone.',
  },
  registration_backoff_factor: {
    type: 'duration',
    default: '1secs',
    min: 10,
    max: 60_000,
    help: 'The longest wait before the first attempt to register; it doubles with each, up to a minute.',
  },
  recover: {
    type: 'string',
    default: 'reconnect',
    choices: ['reconnect', 'cleanup'],
    help: 'After a restart, reconnect with what still runs, or end it all and exit without looking for a master.',
  },
  recovery_timeout: {
    type: 'duration',
    default: '15mins',
    help: 'How long executors wait for a restarted agent before they end themselves.',
  },
  strict: {
    type: 'boolean',
    default: true,
    help: 'Refuse to start from a damaged checkpoint; false goes on with what can be read of it.',
  },
  reconfiguration_policy: {
    type: 'string',
    default: 'equal',
    choices: ['equal', 'additive'],
    help: 'Which changes of resources, attributes and domain a restart may bring: none, or only more.',
  },
  resource_estimator: {
    type: 'string',
    choices: [FIXED_ESTIMATOR],
    help: 'Which module says how much is offered a second time, as revocable; without it nothing is.',
  },
  oversubscribed_resources_interval: {
    type: 'duration',
    default: '15secs',
    min: 100,
    help: 'How often the estimator is asked; the master is told when its answer has changed.',
  },
  qos_controller: {
    type: 'string',
    choices: [LOAD_CONTROLLER],
    help: 'Which module says what has to give its revocable resources back; without it nothing has.',
  },
  qos_correction_interval_min: {
    type: 'duration',
    default: '0ns',
    help: 'The shortest time between two looks of the controller; load averages are looked at every 5 s at most.',
  },
  modules: {
    type: 'json',
    schema: modulesSchema,
    help: 'The parameters of modules, as Mesos has them, or a file with them; other modules than the two above are refused.',
  },
  switch_user: {
    type: 'boolean',
    default: true,
    help: 'Run tasks as the user that they ask for; needs root, without it they run as the agent does.',
  },
  fetcher_cache_dir: { type: 'path', help: 'Where cached downloads are kept; without it work_dir/fetch.' },
  fetcher_cache_size: { type: 'bytes', default: '2GB', help: 'How much of them is kept; 0 disables the cache.' },
  fetcher_stall_timeout: {
    type: 'duration',
    default: '1mins',
    help: 'A download that brings nothing for so long fails.',
  },
  frameworks_home: { type: 'path', help: 'Where relative URIs of tasks are found.' },
  gc_delay: { type: 'duration', default: '1weeks', help: 'How long sandboxes of finished tasks are kept at most.' },
  gc_disk_headroom: {
    type: 'number',
    default: 0.1,
    min: 0,
    max: 1,
    help: 'They go earlier to keep this part of the disk free.',
  },
  disk_watch_interval: { type: 'duration', default: '1mins', min: 100, help: 'How often the disk is looked at.' },
  http_credentials: {
    type: 'path',
    help: 'A JSON file of who may log in: {"credentials":[{"principal":"p","secret":"s"}]}.',
  },
  authenticate_http_readonly: login('readers of the state, metrics and files'),
  authenticate_http_readwrite: login('users of the operator API and of whatever changes something'),
  http_authenticators: { type: 'string', default: 'basic', choices: ['basic'], help: 'How operators log in: basic.' },
  authenticate_http_executors: login('executors, by the token in their environment,'),
  http_executor_authenticators: {
    type: 'string',
    default: 'jwt',
    choices: ['jwt'],
    help: 'How executors log in: jwt.',
  },
  jwt_secret_key: {
    type: 'path',
    help: 'A file whose content is the key that signs tokens of executors; with it each of them gets one.',
  },
  authorizer: {
    type: 'string',
    default: 'local',
    choices: ['local'],
    help: 'Who decides what may be done: local, by the rules of acls.',
  },
  acls: {
    type: 'json',
    schema: aclsSchema,
    help: 'Who may do what, as JSON or file:///path: {"access_sandboxes":[{"principals":{…},"users":{…}}]}.',
  },
  max_completed_executors_per_framework: {
    type: 'integer',
    default: 150,
    min: 0,
    max: 100_000,
    help: 'Finished executors of a framework that are remembered.',
  },
})

export type Config = ConfigOf<typeof flags>

/** An agent that was asked to have people log in must not start without it. */
function loginProblems(config: Config): string[] {
  const closed = (['readonly', 'readwrite'] as const).filter((realm) => config[`authenticate_http_${realm}`])
  const problems =
    config.http_credentials === undefined
      ? closed.map((realm) => `--authenticate_http_${realm}: nobody could log in; give --http_credentials`)
      : []
  if (config.authenticate_http_executors && config.jwt_secret_key === undefined)
    problems.push('--authenticate_http_executors: no executor could log in; give --jwt_secret_key')
  return problems
}

const problemsOf = (config: Config): string[] => [
  ...reachProblems(config),
  ...logProblems(config),
  ...loginProblems(config),
]

/** The one place that reads arguments and environment. Exits with 2 after listing every problem. */
export function readConfig(): Config {
  return parseFlags(flags, {
    argv: process.argv.slice(2),
    env: process.env,
    envPrefix: 'MESOS_',
    program: 'agent',
    version: VERSION,
    check: problemsOf,
  })
}

/** The configuration of an agent that is part of another process; from its arguments alone. */
export const configOf = (argv: readonly string[]): Config => requireFlags(flags, { argv, check: problemsOf })

/** As `/flags` shows them. */
export function configStrings(config: Config): Record<string, string> {
  return flagStrings(flags, config)
}
