/** `thermo node …`: agents. */
import type { Command } from 'commander'
import { z } from 'zod'
import { CliError } from '../errors.ts'
import { table } from '../output.ts'
import { contextOf } from './globals.ts'

const quantitiesSchema = z.looseObject({ cpus: z.number().default(0), mem: z.number().default(0) })
const agentSchema = z.looseObject({
  id: z.string(),
  hostname: z.string(),
  active: z.boolean().default(true),
  resources: quantitiesSchema,
  used_resources: quantitiesSchema,
})
const agentsSchema = z.object({ slaves: z.array(agentSchema) })
type Agent = z.infer<typeof agentSchema>

const agentRow = (agent: Agent): (string | number)[] => [
  agent.id,
  agent.hostname,
  agent.active ? 'active' : 'inactive',
  `${agent.used_resources.cpus}/${agent.resources.cpus}`,
  `${agent.used_resources.mem}/${agent.resources.mem}`,
]

export function addNodeCommands(program: Command): void {
  const node = program.command('node').description('nodes (Mesos agents)')
  node
    .command('list')
    .description('all nodes with what they have and what is used')
    .action(async (_options: unknown, command: Command) => {
      const { api, print } = contextOf(command)
      const { slaves } = await api.get('/mesos/slaves', agentsSchema)
      const header = ['ID', 'HOST', 'STATE', 'CPUS', 'MEM (MiB)']
      print(slaves, () => (slaves.length === 0 ? 'No nodes.' : table(header, slaves.map(agentRow))))
    })
  node
    .command('show <id>')
    .description('one node, as JSON')
    .action(async (id: string, _options: unknown, command: Command) => {
      const { api, print } = contextOf(command)
      const { slaves } = await api.get('/mesos/slaves', agentsSchema)
      const found = slaves.find((agent) => agent.id === id || agent.hostname === id)
      if (found === undefined) throw new CliError(`There is no node ${id}: \`thermo node list\` shows those there are.`)
      print(found, () => JSON.stringify(found, null, 2))
    })
}
