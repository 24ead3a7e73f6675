const each = (prefix: string, names: readonly string[]): string[] => names.map((name) => `${prefix}${name}`)

export const operationTypes = [
  'reserve',
  'unreserve',
  'create',
  'destroy',
  'grow_volume',
  'shrink_volume',
  'create_disk',
  'destroy_disk',
] as const

const operationEnds = ['finished', 'failed', 'error', 'dropped', 'gone_by_operator'] as const

const messages = [
  'authenticate',
  'deactivate_framework',
  'decline_offers',
  'executor_to_framework',
  'exited_executor',
  'framework_to_executor',
  'kill_task',
  'launch_tasks',
  'operation_status_update',
  'operation_status_update_acknowledgement',
  'reconcile_operations',
  'reconcile_tasks',
  'register_framework',
  'register_slave',
  'reregister_framework',
  'reregister_slave',
  'resource_request',
  'revive_offers',
  'status_update',
  'status_update_acknowledgement',
  'suppress_offers',
  'unregister_framework',
  'unregister_slave',
  'update_slave',
]

const judged = [
  'executor_to_framework_messages',
  'framework_to_executor_messages',
  'operation_status_update_acknowledgements',
  'operation_status_updates',
  'status_update_acknowledgements',
  'status_updates',
]

const endStates = ['finished', 'failed', 'killed', 'lost', 'error', 'dropped', 'gone', 'gone_by_operator']

/** Counters of the master that exist from the start with 0. */
export const masterCounterNames: readonly string[] = [
  'master/dropped_messages',
  'master/http_cache_hits',
  ...each('master/messages_', messages),
  ...each('master/valid_', judged),
  ...each('master/invalid_', judged),
  ...each('master/tasks_', endStates),
  ...each('master/operations/', operationEnds),
  ...operationTypes.flatMap((type) => each(`master/operations/${type}/`, operationEnds)),
  'master/slave_registrations',
  'master/slave_reregistrations',
  'master/slave_removals',
  ...each('master/slave_removals/reason_', ['unhealthy', 'unregistered', 'registered']),
  ...each('master/slave_unreachable_', ['scheduled', 'completed', 'canceled']),
  ...each('master/slave_shutdowns_', ['scheduled', 'completed', 'canceled']),
  'master/recovery_slave_removals',
]

const calls = [
  'accept',
  'accept_inverse_offers',
  'acknowledge',
  'acknowledge_operation_status',
  'decline',
  'decline_inverse_offers',
  'kill',
  'message',
  'reconcile',
  'reconcile_operations',
  'request',
  'revive',
  'shutdown',
  'subscribe',
  'suppress',
  'teardown',
  'update_framework',
]

const events = [
  'error',
  'failure',
  'heartbeat',
  'inverse_offers',
  'message',
  'offers',
  'rescind',
  'rescind_inverse_offer',
  'subscribed',
  'update',
  'update_operation_status',
]

/** Counters of one framework, behind its own prefix. */
export const frameworkCounterNames: readonly string[] = [
  'calls',
  ...each('calls/', calls),
  'events',
  ...each('events/', events),
  ...each('offers/', ['sent', 'accepted', 'declined', 'rescinded']),
  'operations',
  ...each('operations/', [...operationTypes, 'launch', 'launch_group']),
  ...each('tasks/terminal/task_', endStates),
]

/** Of one framework, behind its own prefix: how many tasks there are now. */
export const activeStates = {
  'tasks/active/task_staging': 'TASK_STAGING',
  'tasks/active/task_starting': 'TASK_STARTING',
  'tasks/active/task_running': 'TASK_RUNNING',
  'tasks/active/task_killing': 'TASK_KILLING',
  'tasks/active/task_unreachable': 'TASK_UNREACHABLE',
  'tasks/active/task_unknown': 'TASK_UNKNOWN',
} as const
