/** `thermo task …`: tasks of all frameworks and their logs. */
import type { Command } from 'commander'
import { z } from 'zod'
import type { Api } from '../api.ts'
import { CliError } from '../errors.ts'
import { ageText, table } from '../output.ts'
import { attachToTask, runInTask } from '../session/index.ts'
import { contextOf } from './globals.ts'

/** A task's container is its executor's, or a child of it. */
const containerIdSchema = z.object({ value: z.string(), parent: z.object({ value: z.string() }).optional() })

const taskSchema = z.looseObject({
  id: z.string(),
  name: z.string(),
  framework_id: z.string(),
  executor_id: z.string().default(''),
  slave_id: z.string(),
  state: z.string(),
  statuses: z
    .array(
      z.looseObject({
        timestamp: z.number(),
        container_status: z.looseObject({ container_id: containerIdSchema.optional() }).optional(),
      }),
    )
    .default([]),
})
type Task = z.infer<typeof taskSchema>
const tasksSchema = z.object({ tasks: z.array(taskSchema) })

const executorSchema = z.looseObject({ id: z.string(), container: z.string(), directory: z.string() })
const executorsSchema = z.array(executorSchema).default([])
const frameworkSchema = z.looseObject({
  id: z.string(),
  executors: executorsSchema,
  completed_executors: executorsSchema,
})
const agentStateSchema = z.looseObject({
  frameworks: z.array(frameworkSchema).default([]),
  completed_frameworks: z.array(frameworkSchema).default([]),
})

const tasksOf = async (api: Api): Promise<Task[]> => (await api.get('/mesos/tasks?limit=10000', tasksSchema)).tasks

const taskRow = (task: Task): (string | number)[] => {
  const at = task.statuses.at(-1)?.timestamp
  return [task.id, task.state, task.slave_id, at === undefined ? '' : ageText(Date.now() - at * 1000)]
}

const runs = ({ state }: Task): boolean => /RUNNING|KILLING|STARTING/.test(state)

/** By its id or a part of it; a task that runs comes before those that have ended. */
async function findTask(api: Api, id: string): Promise<Task> {
  const tasks = await tasksOf(api)
  const exact = tasks.find((task) => task.id === id)
  if (exact !== undefined) return exact
  const matching = tasks.filter((task) => task.id.includes(id))
  const found = matching.some(runs) ? matching.filter(runs) : matching
  const [first, second] = found
  if (first === undefined)
    throw new CliError(`There is no task ${id}: \`thermo task list --all\` shows those there are.`)
  if (second !== undefined) {
    throw new CliError(
      `${found.length} tasks match ${id}: ${found
        .slice(0, 5)
        .map((task) => task.id)
        .join(', ')} …`,
    )
  }
  return first
}

/** The sandbox lies at the agent, under the executor that ran the task (the task's own id for a command task). */
async function sandboxOf(api: Api, task: Task): Promise<string> {
  const state = await api.get(`/agent/${task.slave_id}/state`, agentStateSchema)
  const frameworks = [...state.frameworks, ...state.completed_frameworks].filter(({ id }) => id === task.framework_id)
  const executors = frameworks.flatMap((one) => [...one.executors, ...one.completed_executors])
  const executor = executors.find(({ id }) => id === (task.executor_id || task.id))
  if (executor === undefined) throw new CliError(`The agent of ${task.id} has no sandbox of it any more.`)
  return executor.directory
}

async function printLog(api: Api, options: { readonly url: string }): Promise<void> {
  const never = new AbortController()
  const answer = await api.open(options.url, { text: true, signal: never.signal })
  for await (const chunk of answer.body ?? []) process.stdout.write(chunk)
}

/** Where a running task is: its agent, and the container that the newest update names. */
async function placeOf(api: Api, id: string): Promise<Parameters<typeof runInTask>[0]> {
  const task = await findTask(api, id)
  const ids = task.statuses.flatMap(({ container_status: status }) => status?.container_id ?? [])
  const { value, parent } = ids.at(-1) ?? {}
  if (value === undefined || !runs(task)) throw new CliError(`${task.id} does not run: it is ${task.state}.`)
  return { api, agentId: task.slave_id, container: { value, ...(parent === undefined ? {} : { parent }) } }
}

function addSessionCommands(task: Command): void {
  task
    .command('exec <id> <command...>')
    .description('run a command in a running task; its exit code is ours; -- before it keeps options of ours apart')
    .option('-i, --interactive', 'give it our standard input')
    .option('-t, --tty', 'give it a terminal')
    .passThroughOptions()
    // Those of the command come here as unknown ones of ours.
    .allowUnknownOption()
    .action(async (...given: [string, string[], { interactive?: true; tty?: true }, Command]) => {
      const [id, words, options, command] = given
      const place = await placeOf(contextOf(command).api, id)
      if (words[0] === '--') words.shift()
      const { interactive = false, tty = false } = options
      process.exitCode = await runInTask(place, words, { interactive, tty })
    })
  task
    .command('attach <id>')
    .description('show what a task with a terminal (tty_info) says')
    .option('-i, --interactive', 'and type into it')
    .action(async (id: string, { interactive = false }: { interactive?: true | false }, command: Command) => {
      await attachToTask(await placeOf(contextOf(command).api, id), { interactive })
    })
}

export function addTaskCommands(program: Command): void {
  const task = program.command('task').description('tasks of every framework').enablePositionalOptions()
  addSessionCommands(task)
  task
    .command('list')
    .description('tasks that have not ended; --all shows the ended ones as well')
    .option('--all', 'ended tasks too')
    .action(async (options: { all?: boolean }, command: Command) => {
      const { api, print } = contextOf(command)
      const all = await tasksOf(api)
      const live = all.filter(({ state }) => /STAGING|STARTING|RUNNING|KILLING|UNREACHABLE/.test(state))
      const shown = options.all === true ? all : live
      const header = ['ID', 'STATE', 'NODE', 'SINCE']
      print(shown, () => (shown.length === 0 ? 'No tasks.' : table(header, shown.map(taskRow))))
    })
  task
    .command('log <id>')
    .description('standard output of a task (an unambiguous part of its id is enough)')
    .option('--stderr', 'standard error instead')
    .option('-f, --follow', 'go on as it grows')
    .action(async (id: string, options: { stderr?: boolean; follow?: boolean }, command: Command) => {
      const { api } = contextOf(command)
      const found = await findTask(api, id)
      const path = `${await sandboxOf(api, found)}/${options.stderr === true ? 'stderr' : 'stdout'}`
      const verb = options.follow === true ? 'follow' : 'download'
      const url = `/agent/${found.slave_id}/files/${verb}?path=${encodeURIComponent(path)}`
      await printLog(api, { url })
    })
}
