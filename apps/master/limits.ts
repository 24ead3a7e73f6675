/** Bounds of the master's shell, each with its reason. */
export const MASTER_LIMITS = {
  /** Masters elect their leader under this name. */
  leaderName: 'master',
  /** Messages of drivers that are dropped have at most one line of the log in this time; the others are counted. */
  droppedMessageLogMs: 1_000,
  /** An ACCEPT with a thousand tasks and their environments is about 4 MiB. */
  callBytesMax: 32 * 1024 * 1024,
  /** About 5 ms of looking at frameworks before agents, or 300 offers; then other inputs have their turn. */
  allocationWorkMax: 2_000,
  /** Some 5 ms of a step that deals with many tasks, offers or agents; then sockets have their turn. */
  stepWorkMax: 500,
  /** Inputs that wait for the core, some 50 ms of work: with more of them agents are not read. */
  queuedInputsMax: 256,
  /** A host that is added to the whitelist is offered within 5 s: an allocation comes up to a second later. */
  whitelistReadMs: 4_000,
  /** 100,000 host names of 40 characters. */
  whitelistBytesMax: 4 * 1024 * 1024,
  /** Query-encoded bodies of the classic endpoints hold a few resources. */
  formBytesMax: 1024 * 1024,
  /** Agents are made ready for an answer in turns of this length: other answers and the core have theirs in between. */
  readSliceMs: 5,
  /** An event goes at once to so many streams: a write costs about 15 µs. With more, it is written in slices. */
  streamsPerTurn: 64,
  /** One read of a file: 16 pages, as Mesos. */
  fileReadBytesMax: 64 * 1024,
  /** `/tasks` without a limit. */
  tasksPageDefault: 100,
  /**
   * What was encoded for an answer is dropped when no such answer began in this time, or up to twice as long: for
   * `/state` of 200,000 tasks it is 100 MB. Those who poll do it at least once a minute.
   */
  encodingsAgeMs: 90_000,
  /** How long a term that ends may take to write what it has decided. */
  termCloseMs: 2_000,
  /** A store page while the registry is read: 8 ms of parsing. */
  registryPage: 500,
} as const
