import type { Run } from '@thermosphere/chronos-core'

/** Has a task at an agent, or may have one. */
export const isLaunchedRun = ({ state }: Run): boolean => state === 'launching' || state === 'running'
