import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Executor, executorSettings } from '../index.ts'

const whole = {
  MESOS_FRAMEWORK_ID: 'framework',
  MESOS_EXECUTOR_ID: 'executor',
  MESOS_AGENT_ENDPOINT: '127.0.0.1:5051',
  MESOS_CHECKPOINT: '1',
  MESOS_RECOVERY_TIMEOUT: '15mins',
  MESOS_EXECUTOR_SHUTDOWN_GRACE_PERIOD: '5secs',
  MESOS_EXECUTOR_AUTHENTICATION_TOKEN: 'token',
}

test('what an agent tells its executor is read, with its units', () => {
  const settings = executorSettings(whole)
  assert.equal(settings.isCheckpointing, true)
  assert.equal(settings.recoveryTimeoutMs, 900_000)
  assert.equal(settings.shutdownGraceMs, 5_000)
  assert.equal(settings.authenticationToken, 'token')
})

test('an environment that is not of an agent is refused, with every variable that is wrong', () => {
  assert.throws(() => executorSettings({ ...whole, MESOS_EXECUTOR_ID: undefined, MESOS_RECOVERY_TIMEOUT: 'soon' }), {
    name: 'ExecutorError',
    code: 'ENVIRONMENT_INVALID',
    message: /MESOS_EXECUTOR_ID: .*MESOS_RECOVERY_TIMEOUT: 'soon' is not a duration.*An agent sets these/,
  })
  assert.throws(() => new Executor({ launch: () => Promise.resolve() }), { code: 'ENVIRONMENT_INVALID' })
})
