/** The real servers, by kind, started within this process. */
import { configOf as agentConfigOf, startAgent } from '@thermosphere/agent'
import { configOf as chronosConfigOf, startChronos } from '@thermosphere/chronos'
import { configOf as marathonConfigOf, startMarathon } from '@thermosphere/marathon'
import { configOf as masterConfigOf, startMaster } from '@thermosphere/master'
import type { Lifecycle, Logger } from '@thermosphere/service-kit'

export type ServerKind = 'master' | 'agent' | 'marathon' | 'chronos'

/** Ends the server's tasks and then the server; for those that stop alone it is nothing. */
type Leave = () => void

type Start = (argv: readonly string[], logger: Logger, lifecycle: Lifecycle) => Promise<Leave | undefined>

export const servers: Readonly<Record<ServerKind, Start>> = {
  master: async (argv, logger, lifecycle) => {
    await startMaster(masterConfigOf(argv), logger, lifecycle)
    return undefined
  },
  agent: async (argv, logger, lifecycle) => {
    const { shell } = await startAgent(agentConfigOf(argv), logger, lifecycle)
    return () => shell.submit({ type: 'shut-down', message: 'the cluster is closed', unregister: true })
  },
  marathon: async (argv, logger, lifecycle) => {
    await startMarathon(marathonConfigOf(argv), logger, lifecycle)
    return undefined
  },
  chronos: async (argv, logger, lifecycle) => {
    await startChronos(chronosConfigOf(argv), logger, lifecycle)
    return undefined
  },
}
