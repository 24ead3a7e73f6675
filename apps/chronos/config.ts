/** Every flag of Chronos, under the original's names where they mean the same. */
import type { ChronosConfig } from '@thermosphere/chronos-core'
import { defineFlags, parseFlags, processFlags, requireFlags, workDirFlag } from '@thermosphere/service-kit'
import { hostname } from 'node:os'
import type { Channels } from './shell/notify/notifier.ts'

export const version = '3.0.3'

const help = 'Accepted so that existing command lines work; has no effect here.'
const acceptedText = { type: 'string', help } as const
const acceptedSwitch = { type: 'boolean', default: false, help } as const

/** Flags of the original for what is not there any more (ZooKeeper, Cassandra, polling, Graphite) or always on. */
const acceptedFlags = {
  zk_hosts: acceptedText,
  zk_path: acceptedText,
  zk_auth: acceptedText,
  schedule_horizon: acceptedText,
  leader_max_idle_time: acceptedText,
  revive_offers_for_new_jobs: acceptedSwitch,
  disable_http_compression: acceptedSwitch,
  graphite_host_port: acceptedText,
  graphite_reporting_interval: acceptedText,
  graphite_group_prefix: acceptedText,
  cassandra_contact_points: acceptedText,
  cassandra_port: acceptedText,
  cassandra_user: acceptedText,
  cassandra_password: acceptedText,
  cassandra_keyspace: acceptedText,
  cassandra_table: acceptedText,
  cassandra_stat_count_table: acceptedText,
  cassandra_consistency: acceptedText,
  cassandra_ttl: acceptedText,
} as const

const notificationFlags = {
  mail_server: {
    type: 'string',
    pattern: /^[^:]+:\d+$/,
    help: 'host:port of the mail server; owners get mail with it.',
  },
  mail_from: { type: 'string', default: 'chronos@localhost', help: 'The sender of mail.' },
  mail_user: { type: 'string', help: 'The user to log in to the mail server as.' },
  mail_password: { type: 'string', secret: true, help: 'The password of --mail_user.' },
  mail_ssl: { type: 'boolean', default: false, help: 'Speak TLS to the mail server from the start.' },
  slack_url: { type: 'string', secret: true, help: 'A webhook of Slack that is told what owners are told.' },
  mattermost_url: { type: 'string', secret: true, help: 'A webhook of Mattermost, likewise.' },
  raven_dsn: { type: 'string', secret: true, help: 'The DSN of a Sentry server that gets an event.' },
  http_notification_url: { type: 'string', help: 'Where a JSON document is posted.' },
  http_notification_credentials: {
    type: 'string',
    secret: true,
    help: 'user:password for --http_notification_url (HTTP Basic).',
  },
} as const

/** Exported for tests; everybody else uses `readConfig`. */
export const flags = defineFlags({
  ...processFlags,
  ...workDirFlag('.thermosphere/chronos'),
  master: {
    type: 'list',
    default: ['127.0.0.1:5050'],
    help: 'Masters as host:port, comma separated, or the store in which they elect (etcd://…).',
  },
  http_address: { type: 'string', default: '127.0.0.1', help: 'The address to listen on.' },
  http_port: {
    type: 'integer',
    default: 4400,
    min: 0,
    max: 65_535,
    help: 'The port to listen on; 0 takes a free one.',
  },
  disable_http: { type: 'boolean', default: false, help: 'Listen for HTTPS alone.' },
  https_address: { type: 'string', help: 'The address to listen on for HTTPS; without it --http_address.' },
  https_port: {
    type: 'integer',
    default: 8443,
    min: 0,
    max: 65_535,
    help: 'The port for HTTPS; used with --ssl_keystore_path.',
  },
  ssl_keystore_path: {
    type: 'path',
    help: 'The key and certificates for HTTPS: PKCS#12, or PEM with both in one file.',
  },
  ssl_keystore_password: { type: 'string', secret: true, help: 'The password of the key store.' },
  store: {
    type: 'string',
    help:
      'Where state is kept: sqlite:<file>, etcd://host:port[,host:port]/<prefix> or memory:; without it a SQLite ' +
      'file in the work directory. Processes on one store elect their leader.',
  },
  zk_timeout: {
    type: 'integer',
    unit: 'ms',
    default: 10_000,
    min: 2_000,
    help: 'A leader that does not renew its lease for that long is replaced.',
  },
  mesos_framework_name: { type: 'string', default: 'chronos', help: 'The name that the framework registers with.' },
  mesos_role: { type: 'string', default: '*', help: 'The role whose resources jobs use.' },
  cluster_name: { type: 'string', help: 'The name of the cluster, told in messages and in /v1/info.' },
  webui_url: { type: 'string', help: 'What the master links to; without it the address that is listened on.' },
  mesos_checkpoint: { type: 'boolean', default: true, help: 'Tasks outlive a restart of their agent.' },
  mesos_authentication_principal: { type: 'string', help: 'The principal of the framework.' },
  mesos_authentication_secret_file: { type: 'path', help: 'A file with the secret of the principal.' },
  http_credentials: {
    type: 'string',
    secret: true,
    pattern: /^[^:]+:.+$/s,
    help: 'user:password that every request must carry (HTTP Basic).',
  },
  http_realm: { type: 'string', default: 'Chronos', help: 'The realm named when credentials are missing.' },
  user: { type: 'string', default: 'root', help: 'The user of tasks whose job names none.' },
  failover_timeout: {
    type: 'number',
    default: 604_800,
    min: 0,
    unit: 'seconds',
    help: 'How long the master keeps tasks of a Chronos that is away.',
  },
  mesos_task_cpu: { type: 'number', default: 0.1, min: 0.001, help: 'CPUs of a job that names none.' },
  mesos_task_mem: { type: 'number', default: 128, min: 1, unit: 'MiB', help: 'Memory of a job that names none.' },
  mesos_task_disk: { type: 'number', default: 256, min: 0, unit: 'MiB', help: 'Disk of a job that names none.' },
  failure_retry: {
    type: 'integer',
    default: 60_000,
    min: 0,
    max: 31_536_000_000,
    unit: 'ms',
    help: 'Delay before a failed run is tried again.',
  },
  disable_after_failures: {
    type: 'integer',
    default: 0,
    min: 0,
    help: 'A job is disabled after that many failures in a row; 0 is never.',
  },
  legacy_retry_gate: {
    type: 'boolean',
    default: false,
    help: 'As the original: after a final failure nothing is retried until the next success.',
  },
  task_epsilon: {
    type: 'integer',
    min: 1,
    unit: 'seconds',
    help: 'How late a run of a job without epsilon may start; without it there is no limit.',
  },
  reconciliation_interval: {
    type: 'integer',
    default: 600,
    min: 1,
    unit: 'seconds',
    help: 'How often the master is asked about running tasks.',
  },
  decline_offer_duration: {
    type: 'integer',
    min: 0,
    unit: 'ms',
    help: 'How long a declined offer is not wanted; without it 5 s while jobs wait.',
  },
  min_revive_offers_interval: {
    type: 'integer',
    default: 5_000,
    min: 0,
    unit: 'ms',
    help: 'Offers are asked for at most this often, unless they were suppressed.',
  },
  ...acceptedFlags,
  ...notificationFlags,
  job_history_limit: { type: 'integer', default: 5, min: 0, max: 1000, help: 'Runs that job/stat shows.' },
  history_max_runs: { type: 'integer', default: 1000, min: 1, max: 100_000, help: 'Ended runs kept for each job.' },
  history_max_runs_total: {
    type: 'integer',
    default: 100_000,
    min: 1,
    max: 10_000_000,
    help: 'Ended runs kept over all jobs, about 1 KiB of memory each.',
  },
  history_ttl: { type: 'duration', default: '365days', min: 60_000, help: 'How long ended runs are kept.' },
  unreachable_timeout: {
    type: 'duration',
    default: '15mins',
    min: 1_000,
    help: 'How long a task on an unreachable agent is waited for before it counts as failed.',
  },
})

/** The configuration of a Chronos that is part of another process; from its arguments alone. */
export const configOf = (argv: readonly string[]): Config => requireFlags(flags, { argv })

export const readConfig = () =>
  parseFlags(flags, {
    argv: process.argv.slice(2),
    env: process.env,
    envPrefix: 'CHRONOS_',
    program: 'chronos',
    version,
    about: 'Runs jobs on a Mesos cluster: at their times, after their parents, or when asked to.',
  })
export type Config = ReturnType<typeof readConfig>

export const advertisedHost = (config: Config): string =>
  config.hostname ?? (config.http_address.startsWith('127.') ? config.http_address : hostname())

export const coreConfig = (config: Config): ChronosConfig => ({
  defaults: {
    cpus: config.mesos_task_cpu,
    mem: config.mesos_task_mem,
    disk: config.mesos_task_disk,
    user: config.user,
    epsilon: config.task_epsilon === undefined ? undefined : `PT${config.task_epsilon}S`,
  },
  role: config.mesos_role,
  failureRetryMs: config.failure_retry,
  disableAfterFailures: config.disable_after_failures,
  legacyRetryGate: config.legacy_retry_gate,
  declineSeconds: config.decline_offer_duration === undefined ? undefined : config.decline_offer_duration / 1000,
  reconciliationIntervalMs: config.reconciliation_interval * 1000,
  reviveIntervalMinMs: config.min_revive_offers_interval,
  jobHistoryLimit: config.job_history_limit,
  historyRunsMax: config.history_max_runs,
  historyTotalMax: config.history_max_runs_total,
  historyTtlMs: config.history_ttl,
  unreachableTimeoutMs: config.unreachable_timeout,
  hostname: advertisedHost(config),
})

/** With what it logs in to Mesos. */
export function loginOf(config: Config) {
  const { mesos_authentication_principal: principal, mesos_authentication_secret_file: secretFile } = config
  return { principal, secretFile }
}

export function notificationChannels(config: Config): Channels {
  const { mail_server: server, mail_user: user, mail_password: password, mail_from: from } = config
  const [host = '', port] = (server ?? '').split(':')
  const login = user === undefined || password === undefined ? undefined : { user, password }
  const mail = { server: { host, port: Number(port), isTls: config.mail_ssl, login }, from }
  const { http_notification_url: url, http_notification_credentials: credentials } = config
  return {
    mail: server === undefined ? undefined : mail,
    chatUrls: [config.slack_url, config.mattermost_url].filter((one) => one !== undefined),
    http: url === undefined ? undefined : { url, credentials },
    ravenDsn: config.raven_dsn,
  }
}
