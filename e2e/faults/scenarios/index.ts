export { runKills } from './kills.ts'
export { addToReport, toMarkdown } from './report.ts'
export type { Outcome } from './report.ts'
