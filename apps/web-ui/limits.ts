/** Every bound of the dashboard, once. */
export const limits = {
  /** Ended tasks kept in the browser; the master keeps more and is asked when one is opened. */
  endedTasksMax: 2_000,
  /** Lines of the event feed kept in the browser. */
  feedEntriesMax: 1_000,
  /** A single RecordIO record: the first one is the whole snapshot. */
  recordBytesMax: 64 * 1024 * 1024,
  /** A line of a server-sent event stream. */
  sseLineCharsMax: 4 * 1024 * 1024,
  /** Lines of a log held by the viewer; the oldest are dropped and stay in the file. */
  logLinesMax: 50_000,
  /** A line of a log longer than this is cut in the viewer. */
  logLineCharsMax: 20_000,
  /** How much of the end of a log is loaded first. */
  logTailBytes: 256 * 1024,
  /** One read of the agent's files API. */
  fileReadBytes: 64 * 1024,
  /** Samples of capacity: one every 15 s for an hour. */
  capacitySamplesMax: 240,
  /** Reconnects wait between these. */
  reconnectMinMs: 500,
  reconnectMaxMs: 15_000,
  /** A stream that says nothing for so long is taken for dead (its heartbeats come every 15 s or faster). */
  streamSilenceMs: 50_000,
  /** Events are applied in batches this far apart, so that a storm costs few renders. */
  flushMs: 120,
  /** A request without an answer. */
  requestTimeoutMs: 20_000,
} as const
