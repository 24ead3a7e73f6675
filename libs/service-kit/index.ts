export { defineFlags } from './flags/flags.ts'
export type { ConfigOf, Flag, Flags } from './flags/flags.ts'
export { EXIT_USAGE, flagStrings, parseFlags, problemsText } from './flags/parse-flags.ts'
export type { FlagSurroundings } from './flags/parse-flags.ts'
export { readFlags } from './flags/read-flags.ts'
export type { FlagsResult, FlagSources } from './flags/read-flags.ts'
export { flagsMarkdown, helpText } from './flags/help.ts'
export {
  addressFlags,
  advertisedHostname,
  LOG_LEVELS,
  processFlags,
  serverFlags,
  workDirFlag,
} from './flags/server-flags.ts'
export { formatBytes, formatDuration, parseBytes, parseDuration } from './flags/values.ts'
export { createHttpApp, errorMiddleware, jsonErrors, notFoundMiddleware, textErrors } from './http/app.ts'
export type { ErrorFormat, HttpAppOptions, RequestObserver } from './http/app.ts'
export { parseJsonText, parseRequest, readBody, readJson, readJsonAs } from './http/body.ts'
export { describeZodError, fieldName, listZodProblems } from './http/describe-zod-error.ts'
export { HttpError } from './http/errors.ts'
export type { HttpErrorOptions } from './http/errors.ts'
export { HTTP_LIMITS } from './http/limits.ts'
export type { HttpLimits } from './http/limits.ts'
export { createHttpServer, isLoopback, listen } from './http/listen.ts'
export type { Listening, ListenOptions } from './http/listen.ts'
export { encodeServerSentEvent, EventStream, StreamWriter } from './http/stream.ts'
export type { ServerSentEvent, StreamEnd, StreamOptions } from './http/stream.ts'
export { Background, backoff, delay, isAbort } from './lifecycle/background.ts'
export type { BackoffOptions } from './lifecycle/background.ts'
export { createLogger } from './lifecycle/logger.ts'
export type { Logger, LoggerOptions } from './lifecycle/logger.ts'
export { EXIT_FAILURE, EXIT_SOFTWARE, runService } from './lifecycle/run-service.ts'
export type { Lifecycle } from './lifecycle/run-service.ts'
export { describeStartupError, StartupError } from './lifecycle/startup-error.ts'
export { CoreLoop } from './loop/core-loop.ts'
export type { CoreLoopOptions, LoopStats } from './loop/core-loop.ts'
export { createMetrics, createRequestObserver, prometheusName, registerSystemMetrics } from './metrics/metrics.ts'
export type { Counter, Gauge, Metrics, Timer } from './metrics/metrics.ts'
