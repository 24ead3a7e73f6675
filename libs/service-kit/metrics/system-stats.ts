/** `/system/stats.json` of masters and agents, from a snapshot of their metrics. */
export const systemStats = (all: Readonly<Record<string, number>>): Record<string, number | undefined> => ({
  avg_load_1min: all['system/load_1min'],
  avg_load_5min: all['system/load_5min'],
  avg_load_15min: all['system/load_15min'],
  cpus_total: all['system/cpus_total'],
  mem_total_bytes: all['system/mem_total_bytes'],
  mem_free_bytes: all['system/mem_free_bytes'],
})
