/** `/v2/info`: what this Marathon is and how it was started. */
import { VERSION } from '../version.ts'
import type { HttpContext } from './context.ts'

/** Names and passwords in addresses are nobody's business. */
function masked(address: string): string {
  return address.replace(/\/\/[^/@]*@/, '//xxxxxxxx:xxxxxxxx@')
}

export function infoView({ config, state, leader }: HttpContext) {
  return {
    name: config.framework_name,
    version: VERSION,
    buildref: 'unknown',
    elected: true,
    leader: leader(),
    frameworkId: state.frameworkId ?? null,
    marathon_config: marathonConfig({ config, state }),
    zookeeper_config: { ...zookeeperConfig, zk_session_timeout: config.zk_session_timeout },
    http_config: { http_port: config.http_port, https_port: 8443 },
  }
}

const zookeeperConfig = {
  zk: null,
  zk_compression: null,
  zk_compression_threshold: null,
  zk_connection_timeout: null,
  zk_max_node_size: null,
  zk_max_versions: 50,
  zk_session_timeout: null,
  zk_timeout: null,
}

function marathonConfig({ config, state }: Pick<HttpContext, 'config' | 'state'>) {
  const core = state.config
  return {
    access_control_allow_origin: config.access_control_allow_origin?.split(',') ?? null,
    checkpoint: core.framework.checkpoint,
    decline_offer_duration: config.decline_offer_duration,
    default_network_name: config.default_network_name ?? null,
    env_vars_prefix: config.env_vars_prefix ?? null,
    executor: config.executor,
    failover_timeout: config.failover_timeout,
    features: config.enable_features,
    framework_name: config.framework_name,
    ha: config.ha && !config.disable_ha,
    hostname: core.framework.hostname,
    launch_token: config.launch_tokens,
    launch_token_refresh_interval: config.launch_token_refresh_interval,
    leader_proxy_connection_timeout_ms: config.leader_proxy_connection_timeout,
    leader_proxy_read_timeout_ms: config.leader_proxy_read_timeout,
    local_port_max: config.local_port_max,
    local_port_min: config.local_port_min,
    master: masked(config.master.join(',')),
    max_instances_per_offer: config.max_instances_per_offer,
    mesos_bridge_name: config.mesos_bridge_name,
    mesos_heartbeat_failure_threshold: config.mesos_heartbeat_failure_threshold,
    mesos_heartbeat_interval: config.mesos_heartbeat_interval,
    mesos_leader_ui_url: config.mesos_leader_ui_url ?? null,
    mesos_role: config.mesos_role,
    mesos_user: core.framework.user,
    new_group_enforce_role: config.new_group_enforce_role,
    min_revive_offers_interval: config.min_revive_offers_interval,
    offer_matching_timeout: config.offer_matching_timeout,
    on_elected_prepare_timeout: config.on_elected_prepare_timeout,
    reconciliation_initial_delay: config.reconciliation_initial_delay,
    reconciliation_interval: config.reconciliation_interval,
    scale_apps_initial_delay: config.scale_apps_initial_delay,
    scale_apps_interval: config.scale_apps_interval,
    store_cache: config.store_cache,
    task_launch_confirm_timeout: config.task_launch_confirm_timeout,
    task_launch_timeout: config.task_launch_timeout,
    task_lost_expunge_initial_delay: config.task_lost_expunge_initial_delay,
    task_lost_expunge_interval: config.task_lost_expunge_interval,
    task_reservation_timeout: config.task_reservation_timeout,
    webui_url: config.webui_url ?? null,
    maintenance_mode: core.maintenanceMode,
  }
}
