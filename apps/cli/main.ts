/** The `thermo` command. */
import { Command } from 'commander'
import { addAppCommands } from './commands/app.ts'
import { addClusterCommands } from './commands/cluster.ts'
import { addJobCommands } from './commands/job.ts'
import { addNodeCommands } from './commands/node.ts'
import { addTaskCommands } from './commands/task.ts'
import { argv } from './config.ts'
import { CliError } from './errors.ts'

const program = new Command('thermo')
  .description('Thermosphere: services and jobs on a cluster of your own')
  .version('0.1.0')
  .option('--json', 'print JSON')
  .option('--url <url>', 'address of the gateway (default: the cluster of .thermosphere, or http://127.0.0.1:8000)')
  .option('--credential <file>', 'a JSON file {"principal":"p","secret":"s"}: who you are to masters and agents')
  .showSuggestionAfterError()
  .showHelpAfterError('(--help shows what there is)')
  .configureHelp({ sortSubcommands: false })

addClusterCommands(program)
addAppCommands(program)
addJobCommands(program)
addTaskCommands(program)
addNodeCommands(program)

try {
  await program.parseAsync([...argv()])
} catch (error) {
  if (!(error instanceof CliError)) throw error
  process.stderr.write(`${error.message}\n`)
  process.exit(error.exitCode)
}
