import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { configOf } from './config.ts'
import { fixedEstimate, loadThresholds } from './modules.ts'

const ESTIMATOR = 'org_apache_mesos_FixedResourceEstimator'
const CONTROLLER = 'org_apache_mesos_LoadQoSController'

const modulesOf = (modules: unknown) =>
  configOf(['--master=127.0.0.1:5050', `--modules=${JSON.stringify({ libraries: modules })}`]).modules
const estimator = (value: string) => ({ name: ESTIMATOR, parameters: { key: 'resources', value } })

suite('modules', () => {
  const revocable = [{ name: 'cpus', type: 'SCALAR', scalar: { value: 14 }, revocable: {} }]

  test('[mesos 230] the fixed estimator takes its resources from --modules, written as a list or as one', () => {
    const file = '/usr/local/lib/libfixed_resource_estimator.so'
    assert.partialDeepStrictEqual(fixedEstimate(modulesOf({ file, modules: estimator('cpus:14') })), revocable)
    const module = { name: ESTIMATOR, parameters: [{ key: 'resources', value: 'cpus:14' }] }
    assert.partialDeepStrictEqual(fixedEstimate(modulesOf([{ file, modules: [module] }])), revocable)
  })

  test('[mesos 230] an estimator without its module, its parameter, or with resources of a role is refused', () => {
    assert.throws(() => fixedEstimate(undefined), /--modules does not have org_apache_mesos_FixedResourceEstimator/)
    assert.throws(() => fixedEstimate(modulesOf({ modules: { name: ESTIMATOR } })), /needs the parameter resources/)
    assert.throws(() => fixedEstimate(modulesOf({ modules: estimator('cpus(r):1') })), /can neither be reserved/)
    assert.throws(() => fixedEstimate(modulesOf({ modules: estimator('cpus') })), /cpus/)
  })

  test('[mesos 231] the load controller takes its thresholds from --modules; one that is left out counts for nothing', () => {
    const controller = (value: string) => ({
      name: CONTROLLER,
      parameters: { key: 'load_threshold_15min', value },
    })
    const both = { modules: [estimator('cpus:1'), controller('5.5')] }
    assert.deepEqual(loadThresholds(modulesOf(both)), { fiveMinutes: undefined, fifteenMinutes: 5.5 })
    assert.throws(() => loadThresholds(modulesOf({ modules: controller('much') })), /load_threshold_15min is "much"/)
  })

  test('a module that is not part of the agent is refused by name', () => {
    assert.throws(() => modulesOf({ modules: { name: 'org_example_Other' } }), /modules/)
    assert.throws(() => configOf(['--master=127.0.0.1:5050', '--resource_estimator=other']), /resource_estimator/)
  })
})
