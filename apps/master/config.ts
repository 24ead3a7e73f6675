import { rateLimitsSchema } from '@thermosphere/master-core'
import { aclsSchema } from '@thermosphere/protocol/acls'
import {
  defineFlags,
  domainFlag,
  logFlags,
  logProblems,
  parseFlags,
  reachFlags,
  reachProblems,
  requireFlags,
  serverFlags,
} from '@thermosphere/service-kit'
import type { ConfigOf } from '@thermosphere/service-kit'

/** The protocol level that clients see; tools parse it as three numbers. */
export const mesosVersion = '1.12.0'

const accepted = 'Accepted so that existing command lines work; has no effect here.'
const login = (who: string) => ({ type: 'boolean', default: false, help: `Whether ${who} must log in.` }) as const

/** Flags of Mesos that change something. */
const masterFlags = defineFlags({
  ...serverFlags({ port: 5050, workDir: '/var/lib/mesos/master' }),
  ...reachFlags,
  ...logFlags,
  cluster: { type: 'string', help: 'A name for the cluster, shown by the state endpoints.' },
  registry: {
    type: 'string',
    choices: ['replicated_log', 'in_memory'],
    default: 'replicated_log',
    help: 'Where the registry is kept: on disk under work_dir, or in memory for tests.',
  },
  store: {
    type: 'string',
    help: 'Where masters elect their leader and keep the registry: etcd://host:2379/prefix or sqlite:<path>.',
  },
  zk_session_timeout: {
    type: 'duration',
    default: '10secs',
    min: 1000,
    max: 60_000,
    help: 'The lease of the leading master: one that has not renewed it for so long is replaced.',
  },
  agent_ping_timeout: { type: 'duration', default: '15secs', min: 10, help: 'The time an agent has to answer a ping.' },
  max_agent_ping_timeouts: {
    type: 'integer',
    default: 5,
    min: 1,
    help: 'Unanswered pings after which an agent is unreachable.',
  },
  agent_reregister_timeout: {
    type: 'duration',
    default: '10mins',
    help: 'The time a disconnected agent, or any agent after a failover of the master, has to return.',
  },
  agent_removal_rate_limit: {
    type: 'string',
    pattern: /^[1-9]\d{0,5}\/\d+(\.\d+)?(ns|us|ms|secs|mins|hrs|days|weeks)$/,
    help: 'How many agents may be taken for lost in a time, as 1/10mins; without it no limit.',
  },
  recovery_agent_removal_limit: {
    type: 'string',
    default: '100%',
    pattern: /^(100|\d{1,2})(\.\d+)?%$/,
    help: 'The share of the agents that may be missing after a failover; with more the new leader exits.',
  },
  allocation_interval: {
    type: 'duration',
    default: '1secs',
    min: 10,
    help: 'The time between two allocations over all agents.',
  },
  ...domainFlag('master'),
  require_agent_domain: { type: 'boolean', default: false, help: 'Whether agents without a domain are refused.' },
  allocator_agent_recovery_factor: {
    type: 'number',
    default: 0.8,
    min: 0,
    max: 1,
    help: 'With quota set, the share of agents that must be back after a failover before offers are made.',
  },
  allocator_recovery_timeout: { type: 'duration', default: '10mins', help: 'The longest wait for these agents.' },
  offer_timeout: { type: 'duration', min: 1, help: 'Offers that are not answered in this time are rescinded.' },
  min_allocatable_resources: {
    type: 'string',
    default: 'cpus:0.01|mem:32',
    help: 'An offer holds at least one of these sets of amounts, which are separated by |.',
  },
  fair_sharing_excluded_resource_names: { type: 'list', help: 'Resources that do not count for the fair shares.' },
  filter_gpu_resources: {
    type: 'boolean',
    default: true,
    help: 'Offer agents with GPUs only to GPU_RESOURCES frameworks.',
  },
  role_sorter: {
    type: 'string',
    default: 'drf',
    choices: ['drf', 'random'],
    help: 'Who goes first among roles: drf, the smallest dominant share; random, by lot and weight.',
  },
  framework_sorter: {
    type: 'string',
    default: 'drf',
    choices: ['drf', 'random'],
    help: 'Who goes first among the frameworks of a role: drf or random.',
  },
  max_completed_frameworks: { type: 'integer', default: 50, min: 0, help: 'Completed frameworks to remember.' },
  max_completed_tasks_per_framework: {
    type: 'integer',
    default: 1000,
    min: 0,
    help: 'Completed tasks to remember of each framework.',
  },
  max_unreachable_tasks_per_framework: {
    type: 'integer',
    default: 1000,
    min: 0,
    help: 'Unreachable tasks to remember of each framework.',
  },
  max_operator_event_stream_subscribers: {
    type: 'integer',
    default: 1000,
    min: 1,
    help: 'Event streams of operators; one more ends the oldest.',
  },
  registry_gc_interval: {
    type: 'duration',
    default: '15mins',
    min: 1000,
    help: 'The time between two clean-ups of the registry.',
  },
  registry_max_agent_age: {
    type: 'duration',
    default: '2weeks',
    help: 'Unreachable and gone agents are forgotten after this.',
  },
  registry_max_agent_count: {
    type: 'integer',
    default: 102400,
    min: 1,
    help: 'Unreachable, and gone, agents to remember.',
  },
  roles: { type: 'list', help: 'Deprecated whitelist: only these roles, and *, may be used.' },
  weights: {
    type: 'string',
    help: 'Deprecated: first weights, as role=weight,role=weight; the registry knows better.',
  },
  whitelist: {
    type: 'path',
    help: 'A file with the host names of the agents to offer, one a line, read every 4 seconds; without it, or *, all.',
  },
  root_submissions: { type: 'boolean', default: true, help: 'Whether frameworks may run as root.' },
  credentials: {
    type: 'path',
    help: 'A JSON file of who may log in: {"credentials":[{"principal":"p","secret":"s"}]}.',
  },
  authenticate_http_frameworks: login('schedulers'),
  authenticate_http_readonly: login('readers of the state, metrics and files'),
  authenticate_http_readwrite: login('users of the operator API and of whatever changes something'),
  acls: {
    type: 'json',
    schema: aclsSchema,
    help: 'Who may do what, as JSON or file:///path: {"run_tasks":[{"principals":{…},"users":{…}}]}.',
  },
  rate_limits: {
    type: 'json',
    schema: rateLimitsSchema,
    help: 'How often frameworks may call, by principal: {"limits":[{"principal":"p","qps":10,"capacity":100}]}.',
  },
  http_framework_authenticators: {
    type: 'string',
    choices: ['basic'],
    help: 'How schedulers log in: basic. Wanted with authenticate_http_frameworks.',
  },
  http_authenticators: { type: 'string', default: 'basic', choices: ['basic'], help: 'How operators log in: basic.' },
  publish_per_framework_metrics: {
    type: 'boolean',
    default: true,
    help: 'Whether /metrics/snapshot has metrics of each framework.',
  },
})

/** Flags of Mesos that others of ours make superfluous. */
const compatibilityFlags = defineFlags({
  allocator: {
    type: 'string',
    default: 'hierarchical',
    choices: ['hierarchical', 'HierarchicalDRF'],
    help: 'The allocator; there is one.',
  },
  authenticate_agents: { type: 'boolean', default: false, help: 'Only false: agents cannot log in to this master.' },
  authenticate_frameworks: {
    type: 'boolean',
    default: false,
    help: 'Refuses frameworks that speak by messages (v0): they cannot log in here.',
  },
  authentication_v0_timeout: { type: 'duration', default: '15secs', help: accepted },
  authenticators: { type: 'string', default: 'crammd5', help: accepted },
  authorizers: { type: 'string', default: 'local', help: accepted },
  initialize_driver_logging: { type: 'boolean', default: true, help: accepted },
  log_auto_initialize: { type: 'boolean', default: true, help: accepted },
  logbufsecs: { type: 'integer', default: 0, help: accepted },
  memory_profiling: { type: 'boolean', default: false, help: accepted },
  offer_constraints_re2_max_mem: { type: 'string', default: '4KB', help: accepted },
  offer_constraints_re2_max_program_size: { type: 'integer', default: 100, help: accepted },
  quiet: { type: 'boolean', default: false, help: accepted },
  quorum: { type: 'integer', default: 1, min: 1, help: accepted },
  registry_fetch_timeout: { type: 'duration', default: '1mins', help: accepted },
  registry_store_timeout: { type: 'duration', default: '20secs', help: accepted },
  registry_strict: { type: 'boolean', default: false, help: accepted },
  webui_dir: { type: 'path', default: '', help: accepted },
  zk: { type: 'string', secret: true, help: 'Refused: masters elect their leader in --store, without ZooKeeper.' },
})

export const flags = defineFlags({ ...masterFlags, ...compatibilityFlags })

export type Config = ConfigOf<typeof flags>

/** A master that was asked to have people log in must not start without it. */
function loginProblems(config: Config): string[] {
  const problems: string[] = []
  if (config.authenticate_agents) problems.push('--authenticate_agents: agents cannot log in; leave it false')
  if (config.authenticate_http_frameworks && config.http_framework_authenticators === undefined)
    problems.push('--authenticate_http_frameworks: say how with --http_framework_authenticators=basic')
  const closed = (['frameworks', 'readonly', 'readwrite'] as const).filter(
    (realm) => config[`authenticate_http_${realm}`],
  )
  if (config.credentials === undefined)
    problems.push(...closed.map((realm) => `--authenticate_http_${realm}: nobody could log in; give --credentials`))
  return problems
}

/** Agents do not log in here: a rule that names one would promise what is not so. */
function aclProblems({ acls = {} }: Config): string[] {
  const { register_agents: rules = [] } = acls
  const named = rules.flatMap(({ principals }) => principals?.values ?? [])
  return named.length === 0
    ? []
    : [
        `--acls: register_agents names the principal '${named[0]}', but agents cannot log in; ` +
          'its rules can only be for {"type":"ANY"} or {"type":"NONE"}',
      ]
}

/** A master that was told to join others must not lead alone. */
const storeProblems = (config: Config): string[] => [
  ...(config.zk === undefined
    ? []
    : ['--zk: there is no ZooKeeper here; masters elect their leader in etcd: --store=etcd://host:2379/prefix']),
  ...(config.store !== undefined && config.registry === 'in_memory'
    ? ['--registry=in_memory: keeps nothing, so it cannot be combined with --store; leave one of them out']
    : []),
]

const problemsOf = (config: Config): string[] => [
  ...loginProblems(config),
  ...aclProblems(config),
  ...storeProblems(config),
  ...reachProblems(config),
  ...logProblems(config),
]

/** The configuration of a master that is part of another process; from its arguments alone. */
export const configOf = (argv: readonly string[]): Config => requireFlags(flags, { argv, check: problemsOf })

/** The configuration of this process; prints what is wrong and exits otherwise. */
export const readConfig = (version: string): Config =>
  parseFlags(flags, {
    argv: process.argv.slice(2),
    env: process.env,
    envPrefix: 'MESOS_',
    program: 'master',
    version,
    about: 'The master of a Thermosphere cluster: frameworks, agents, offers, tasks.',
    check: problemsOf,
  })
