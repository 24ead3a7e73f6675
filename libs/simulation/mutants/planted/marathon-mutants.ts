import type { Mutant } from './mutant.ts'

const core = 'apps/marathon/core'

export const marathonMutants: readonly Mutant[] = [
  {
    name: 'rolling-update-kills-one-too-many',
    file: `${core}/deployment/roll.ts`,
    find: 'const spareHealthy = Math.max(0, oldHealthy + ready - healthyMin)',
    replace: 'const spareHealthy = Math.max(0, oldHealthy + ready - healthyMin + 1)',
    breaks: ['marathon-healthy-minimum'],
  },
  {
    name: 'rolling-update-starts-one-too-many',
    file: `${core}/deployment/roll.ts`,
    find: 'capacityMax - old - dying - fresh',
    replace: 'capacityMax + 1 - old - dying - fresh',
    breaks: ['marathon-capacity-maximum'],
  },
  {
    name: 'dying-tasks-not-counted',
    file: `${core}/deployment/roll.ts`,
    find: 'capacityMax - old - dying - fresh',
    replace: 'capacityMax - old - fresh',
    breaks: ['marathon-capacity-maximum'],
  },
  {
    name: 'launch-not-stored',
    file: `${core}/launch/offers.ts`,
    find: "  ctx.touch(instance)\n  tellInstanceChanged(ctx, instance, 'Provisioned')",
    replace: "  tellInstanceChanged(ctx, instance, 'Provisioned')",
    breaks: ['launch-stored-before-accept'],
  },
  {
    name: 'marathon-refuses-before-it-is-stored',
    file: `${core}/state/step-context.ts`,
    find: 'if (writes.length === 0 && this.#told.length === 0) return this.#others',
    replace: 'if (writes.length === 0) return [...this.#others, ...this.#told]',
    breaks: ['refusals-name-what-is-stored'],
  },
  {
    name: 'marathon-tells-before-it-is-stored',
    file: `${core}/state/step-context.ts`,
    find: 'const told = this.#told.map((effect) => ({ ...effect, after: storeId }))',
    replace: 'const told = this.#told',
    breaks: ['launch-stored-before-accept', 'acknowledged-changes-survive'],
  },
  {
    name: 'app-definition-not-stored',
    file: `${core}/deployment/update-root.ts`,
    find: '  ctx.put(keys.app(app.id, app.version), app)\n',
    replace: '',
    breaks: ['acknowledged-changes-survive'],
  },
  {
    name: 'reconcile-skipped',
    file: `${core}/lifecycle/overdue.ts`,
    find: '  const placed = [...ctx.state.instances.all()]',
    replace: '  if (ctx.now > 0) return\n  const placed = [...ctx.state.instances.all()]',
    breaks: ['marathon-converges', 'no-orphan-tasks'],
  },
  {
    name: 'unknown-task-not-killed',
    file: `${core}/lifecycle/status-update.ts`,
    find: "    if (condition !== 'Unreachable') sendKill(ctx, taskId, status.agent_id?.value)\n",
    replace: '    void [taskId, sendKill]\n',
    breaks: ['no-orphan-tasks'],
  },
  {
    name: 'forgotten-instance-stays-stored',
    file: `${core}/lifecycle/transitions.ts`,
    find: '  ctx.state.instances.remove(instance)\n  ctx.forget(instance)\n',
    replace: '  ctx.state.instances.remove(instance)\n',
    breaks: ['stored-state-is-the-state'],
  },
  {
    name: 'kill-forgotten-in-failover',
    file: `${core}/step.ts`,
    find: "  if (isPlaced(instance.state) && instance.goal !== 'Running') requestKill(ctx, instance)\n",
    replace: '  void [isPlaced, requestKill]\n',
    breaks: ['marathon-converges', 'no-orphan-tasks'],
  },
  {
    name: 'status-of-an-older-task-counts',
    file: `${core}/instance/instances.ts`,
    find: 'return instance && isPlaced(instance.state) && instance.state.task.id === taskId ? instance : undefined',
    replace: 'return instance && isPlaced(instance.state) ? instance : undefined',
    breaks: ['one-task-an-instance', 'no-orphan-tasks', 'marathon-converges'],
  },
]
