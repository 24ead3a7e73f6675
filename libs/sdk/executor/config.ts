/** What the agent tells an executor: MESOS_* variables of its environment. */
import { parseExecutorSettings } from '@thermosphere/protocol/node'
import type { ExecutorSettings } from '@thermosphere/protocol/node'
import { z } from 'zod'
import { ExecutorError } from '../errors.ts'

/** Throws ExecutorError that names every variable that is missing or not understood. */
export function executorSettings(environment: NodeJS.ProcessEnv = process.env): ExecutorSettings {
  try {
    return parseExecutorSettings(environment)
  } catch (cause) {
    if (!(cause instanceof z.ZodError)) throw cause
    const problems = cause.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ')
    const message = `${problems}. An agent sets these for the executors that it starts`
    throw new ExecutorError('ENVIRONMENT_INVALID', message, { cause })
  }
}
