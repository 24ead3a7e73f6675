import { readFlags } from '@thermosphere/service-kit'
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { coreConfig, flags, notificationChannels } from './config.ts'

const read = (argv: string[], env: Record<string, string> = {}) =>
  readFlags(flags, { argv, env, envPrefix: 'CHRONOS_' })

test('[chronos 37] [chronos 87] every flag of the original is accepted', () => {
  const result = read([
    ...['--master', '127.0.0.1:5050', '--zk_hosts', 'zk://a,b/path', '--zk_path', '/chronos/state'],
    ...['--zk_timeout', '10000', '--zk_auth', 'x', '--user', 'root', '--hostname', 'h', '--http_port', '4400'],
    ...['--https_port', '8443', '--http_address', '127.0.0.1', '--https_address', '127.0.0.1', '--disable_http'],
    ...['--disable_http_compression', '--ssl_keystore_path', '/k', '--ssl_keystore_password', 'p'],
    ...['--http_credentials', 'a:b', '--http_realm', 'r', '--cluster_name', 'c', '--failover_timeout', '604800'],
    ...['--mesos_role', '*', '--mesos_checkpoint', '--mesos_framework_name', 'chronos'],
    ...['--mesos_authentication_principal', 'p', '--mesos_authentication_secret_file', '/s', '--webui_url', 'http://h'],
    ...['--mesos_task_cpu', '0.1', '--mesos_task_mem', '128', '--mesos_task_disk', '256', '--failure_retry', '60000'],
    ...['--disable_after_failures', '3', '--schedule_horizon', '60', '--task_epsilon', '60'],
    ...['--reconciliation_interval', '600', '--revive_offers_for_new_jobs', '--decline_offer_duration', '5000'],
    ...['--min_revive_offers_interval', '5000', '--leader_max_idle_time', '5000', '--job_history_limit', '5'],
    ...['--mail_server', 'h:25', '--mail_from', 'a@b', '--mail_user', 'u', '--mail_password', 'p', '--mail_ssl'],
    ...['--slack_url', 'http://s', '--mattermost_url', 'http://m', '--raven_dsn', 'http://a:b@c/1'],
    ...['--http_notification_url', 'http://n', '--http_notification_credentials', 'a:b'],
    ...['--graphite_host_port', 'h:2003', '--graphite_reporting_interval', '60', '--graphite_group_prefix', 'x'],
    ...['--cassandra_contact_points', 'h', '--cassandra_port', '9042', '--cassandra_user', 'u'],
    ...['--cassandra_password', 'p', '--cassandra_keyspace', 'metrics', '--cassandra_table', 'chronos'],
    ...['--cassandra_stat_count_table', 't', '--cassandra_consistency', 'ANY', '--cassandra_ttl', '31536000'],
  ])
  assert.deepEqual(result.kind === 'problems' ? result.problems : [], [])
  assert.ok(result.kind === 'config')
  const core = coreConfig(result.config)
  assert.deepEqual([core.defaults.epsilon, core.declineSeconds, core.disableAfterFailures], ['PT60S', 5, 3])
  const channels = notificationChannels(result.config)
  const server = { host: 'h', port: 25, isTls: true, login: { user: 'u', password: 'p' } }
  assert.deepEqual(channels.mail, { server, from: 'a@b' })
  assert.deepEqual(channels.chatUrls, ['http://s', 'http://m'])
})

test('defaults are the original’s, and the environment is read', () => {
  const result = read([], { CHRONOS_HTTP_PORT: '4444', CHRONOS_MESOS_TASK_MEM: '64' })
  assert.ok(result.kind === 'config')
  const { defaults, failureRetryMs, reconciliationIntervalMs, jobHistoryLimit } = coreConfig(result.config)
  assert.deepEqual(defaults, { cpus: 0.1, mem: 64, disk: 256, user: 'root', epsilon: undefined })
  assert.deepEqual([failureRetryMs, reconciliationIntervalMs, jobHistoryLimit], [60_000, 600_000, 5])
  assert.equal(result.config.http_port, 4444)
  assert.equal(notificationChannels(result.config).mail, undefined)
})

test('an unknown flag stops the start with its name and the nearest known one', () => {
  const result = read(['--mesos_rol', 'x'])
  assert.match(result.kind === 'problems' ? result.problems.join() : '', /mesos_rol\b.*mesos_role/)
})
