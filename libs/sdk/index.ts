/** Frameworks and executors for Mesos v1 clusters. README.md begins with one. */
export * from './framework/index.ts'
export * from './executor/index.ts'
export { ExecutorError, FrameworkError, OfferError, TaskError } from './errors.ts'
export type { ExecutorErrorCode, FrameworkErrorCode, OfferErrorCode } from './errors.ts'
export type { AnswerOptions, Command, ExecutorSpec, Needs, Offer, TaskSpec } from './offers/index.ts'
export type { KillOptions, Task } from './tasks/index.ts'
/** The wire's own types, in Mesos' spelling. */
export type { executor, mesos, scheduler } from '@thermosphere/protocol'
export { CallError } from '@thermosphere/protocol/node'
export type { Credential, LeaderSource, Masters, SchedulerCall } from '@thermosphere/protocol/node'
