/** What the shared scenario asks of a client library of Mesos' scheduler API. */
export type Update = {
  readonly taskId: string
  readonly state: string
  readonly reason: string | undefined
}

/** One instance of a framework. */
export type ScenarioClient = {
  readonly frameworkId: string
  /** Every update that this instance has heard, the oldest first. */
  readonly updates: readonly Update[]
  /** Resolves with the id of the task when the master has the launch. */
  launch(command: string): Promise<string>
  kill(taskId: string): Promise<void>
  /** Asks what became of a task; the answer is an update. */
  reconcile(taskId: string): Promise<void>
  teardown(): Promise<void>
  /** Ends the instance as a crash does: the framework and its tasks stay. */
  crash(): Promise<void>
}

export type StartOptions = {
  /** `host:port` of masters that run; any of them may lead. */
  readonly masters: readonly string[]
  /** Of an earlier instance, whose tasks the new one takes over. */
  readonly frameworkId?: string
  /** For what the library writes. */
  readonly directory: string
}

export type ScenarioLibrary = {
  readonly name: string
  /** Resolves when it is subscribed. */
  readonly start: (options: StartOptions) => Promise<ScenarioClient>
  /** Whether an instance finds the next leader by itself; otherwise its supervisor starts another. */
  readonly followsLeaders: boolean
  /** What the library hears of a task that nobody knows. */
  readonly unknownState: 'TASK_UNKNOWN' | 'TASK_LOST'
}
