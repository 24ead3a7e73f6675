/** Every action that a rule can be about, with the member that names its objects, as in Mesos' `ACLs`. */
export const objectsOf = {
  register_frameworks: 'roles',
  register_agents: 'agents',
  run_tasks: 'users',
  teardown_frameworks: 'framework_principals',
  reserve_resources: 'roles',
  unreserve_resources: 'reserver_principals',
  create_volumes: 'roles',
  destroy_volumes: 'creator_principals',
  resize_volumes: 'roles',
  create_block_disks: 'roles',
  destroy_block_disks: 'roles',
  create_mount_disks: 'roles',
  destroy_mount_disks: 'roles',
  destroy_raw_disks: 'roles',
  get_quotas: 'roles',
  update_quotas: 'roles',
  update_weights: 'roles',
  view_roles: 'roles',
  get_endpoints: 'paths',
  view_frameworks: 'users',
  view_executors: 'users',
  view_tasks: 'users',
  view_flags: 'flags',
  view_containers: 'users',
  view_standalone_containers: 'users',
  view_resource_providers: 'resource_providers',
  access_sandboxes: 'users',
  access_mesos_logs: 'logs',
  set_log_level: 'level',
  launch_nested_containers_as_user: 'users',
  launch_nested_containers_under_parent_with_user: 'users',
  launch_nested_container_sessions_as_user: 'users',
  launch_nested_container_sessions_under_parent_with_user: 'users',
  kill_nested_containers: 'users',
  wait_nested_containers: 'users',
  remove_nested_containers: 'users',
  attach_containers_input: 'users',
  attach_containers_output: 'users',
  launch_standalone_containers: 'users',
  kill_standalone_containers: 'users',
  wait_standalone_containers: 'users',
  remove_standalone_containers: 'users',
  get_maintenance_schedules: 'machines',
  update_maintenance_schedules: 'machines',
  start_maintenances: 'machines',
  stop_maintenances: 'machines',
  get_maintenance_statuses: 'machines',
  drain_agents: 'agents',
  deactivate_agents: 'agents',
  reactivate_agents: 'agents',
  mark_agents_gone: 'agents',
  mark_resource_providers_gone: 'resource_providers',
  modify_resource_provider_configs: 'resource_providers',
  prune_images: 'images',
} as const

export type Action = keyof typeof objectsOf

export const actions: ReadonlySet<string> = new Set(Object.keys(objectsOf))

/** Whose objects are not told apart: a rule is about all of them or none. */
export const wholesaleActions: ReadonlySet<Action> = new Set(['access_mesos_logs', 'view_flags', 'set_log_level'])

/** What `get_endpoints` can be about. */
export const authorizablePaths: ReadonlySet<string> = new Set([
  '/containerizer/debug',
  '/containers',
  '/files/debug',
  '/logging/toggle',
  '/metrics/snapshot',
  '/monitor/statistics',
])
