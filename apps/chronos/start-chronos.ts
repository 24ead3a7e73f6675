/** Puts the parts together: one process that wants to lead, and forwards to the leader meanwhile. */
import { Background, createMetrics, leaderEvents } from '@thermosphere/service-kit'
import type { Lifecycle, Logger } from '@thermosphere/service-kit'
import { Candidate, openStore } from '@thermosphere/store'
import { mkdirSync } from 'node:fs'
import type { RequestListener } from 'node:http'
import { advertisedHost } from './config.ts'
import type { Config } from './config.ts'
import { createForwarder } from './http/forward.ts'
import { serve } from './http/serve.ts'
import { leaderName } from './limits.ts'
import { openTerm } from './term.ts'
import type { ChronosTerm } from './term.ts'

/** Starts Chronos; `lifecycle` closes its parts in reverse order. */
export async function startChronos(config: Config, logger: Logger, lifecycle: Lifecycle): Promise<void> {
  if (config.store === undefined) mkdirSync(config.work_dir, { recursive: true })
  const store = await openStore(config.store ?? `sqlite:${config.work_dir}/chronos.db`)
  lifecycle.defer('store', () => store.close())
  const registry = createMetrics()
  const background = new Background((name, err) => logger.error({ err }, name))
  const parts = { config, store, logger, registry, background, loop: lifecycle.loop }
  const onFatal = (error: unknown): void => lifecycle.fatal(error)
  let url = ''
  const candidate = new Candidate<ChronosTerm>({
    store,
    name: leaderName,
    ttlMs: config.zk_timeout,
    open: (leadership, end) => openTerm({ ...parts, leadership, end, url }),
    ...leaderEvents(logger, () => url),
    onFatal,
  })
  const forwarder = createForwarder()
  const handle: RequestListener = (request, response) => {
    if (candidate.term === undefined) forwarder.forward(request, response, candidate.leader)
    else candidate.term.handle(request, response)
  }
  const servers = await serve(handle, config)
  lifecycle.defer('http', async () => {
    await Promise.all(servers.map((server) => server.close()))
  })
  lifecycle.defer('chronos', () => candidate.close())
  const scheme = config.disable_http ? 'https' : 'http'
  url = `${scheme}://${advertisedHost(config)}:${servers[0]?.port ?? config.http_port}`
  candidate.start(url)
  logger.info({ ip: config.http_address, ports: servers.map((server) => server.port) }, 'chronos.listening')
}
