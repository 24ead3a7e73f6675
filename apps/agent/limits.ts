/** Every bound of the agent, with its unit and reason. */
export const LIMITS = {
  /** The journal is rewritten when it is larger than this and mostly dead weight. */
  journalCompactBytesMin: 8 * 1024 * 1024,
  journalCompactRatio: 4,
  /** One batch of a journal is one line; a line beyond this was not written by us. */
  journalLineBytesMax: 64 * 1024 * 1024,
  /** Launches that fork at the same time; more only make each of them slower. */
  parallelLaunchesMax: 8,
  /** `/files/read` answers at most this much at once, as Mesos does (16 pages). */
  fileReadBytesMax: 65_536,
  /** What `/files/follow` keeps for a slow reader before it is cut. */
  followBufferBytesMax: 4 * 1024 * 1024,
  followPollMs: 250,
  fetchBytesMax: 16 * 1024 * 1024 * 1024,
  fetchTotalMs: 3_600_000,
  fetchRedirectsMax: 10,
  checkRedirectsMax: 10,
  /** A check's response is read only this far. */
  checkBodyBytesMax: 65_536,
  /** An executor's token has three ids, each bounded; it comes in the header of every request. */
  tokenLengthMax: 8192,
  tokenClaimLengthMax: 2048,
  callBodyBytesMax: 16 * 1024 * 1024,
  executorHeartbeatMs: 1_800_000,
  executorStreamBufferBytesMax: 16 * 1024 * 1024,
  /** Lines of the log on refused messages of drivers, in which time: anybody who reaches the agent can send some. */
  refusalsToldMax: 60,
  refusalsToldMs: 60_000,
  linkBackoffMinMs: 100,
  /** An election takes seconds; a longer pause would add to every failover. */
  linkBackoffMaxMs: 2000,
  /** A stopped process accepts connections and says nothing. */
  linkDialMs: 5000,
  /** A master to which all agents come at once may take so long. */
  linkDialMsMax: 40_000,
  /** How long a standby is listened to that names a master which is gone; then that one is asked again. */
  linkHoldMs: 3000,
  /**
   * A master that was silent for so long is asked whether it is there: it may be stopped, its machine may have
   * vanished. One that leads pings every 15 s unless it is told otherwise, and thousands of agents would ask it.
   */
  linkSilenceMs: 17_000,
  /** Without an answer in this time the link is over. */
  linkAnswerMs: 5_000,
  statisticsParallelMax: 16,
  /** Containers are measured at most twice a second for `/monitor/statistics`, as Mesos does. */
  statisticsIntervalMs: 500,
  /** Of streams of a container's output; Mesos' http_heartbeat_interval. */
  sessionHeartbeatMs: 30_000,
  /** One record of input; what is typed or pasted is a fraction of it. */
  inputRecordBytesMax: 4 * 1024 * 1024,
  /** What a client may still send when the container has ended, so that it hears 200 and no broken pipe. */
  inputRestMs: 1_000,
} as const
