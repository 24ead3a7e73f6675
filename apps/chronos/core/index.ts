export { parseJob } from './job/parse-job.ts'
export type { Dialect } from './job/job-view.ts'
export type { ChronosEvent, Command, Effect, Input, Notification, Reply } from './messages.ts'
export { firstCursor, parseSchedule, upcoming } from './schedule/schedule.ts'
export { relink } from './graph/graph.ts'
export { createState } from './state.ts'
export type { ChronosConfig, ChronosState, Run } from './state.ts'
export { step } from './step.ts'
export { frameworkKey, frameworkSchema, restoreJob, restoreRun, storedJobSchema, storedRunSchema } from './stored.ts'
export { allStatistics, jobStatistics } from './views/statistics.ts'
export {
  findRun,
  graphCsv,
  graphDot,
  listJobs,
  nextRuns,
  queueSizes,
  queueView,
  runsOf,
  runView,
  searchJobs,
  showJob,
  summarize,
} from './views/views.ts'
export type { Search } from './views/views.ts'
