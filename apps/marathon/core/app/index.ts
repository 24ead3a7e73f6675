export { appRequestSchema, appSchema } from './app-schema.ts'
export type {
  App,
  AppRequest,
  Container,
  HealthCheck,
  Network,
  PortDefinition,
  PortMapping,
  ReadinessCheck,
} from './app-schema.ts'
export { encodeApp } from './encode.ts'
export type { AppJson } from './encode.ts'
export { translateLegacy } from './legacy.ts'
export type { AppPatch } from './legacy.ts'
export { completeApp, portCount } from './normalize.ts'
export { detailsOf, problem, shapeProblems } from './problem.ts'
export type { Problem, ProblemDetail } from './problem.ts'
export { validateApp } from './validate.ts'
export { isAgentSide } from './validate-checks.ts'
