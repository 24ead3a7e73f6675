export { mesosFramework } from './mesos-framework-client.ts'
export type { ScenarioClient, ScenarioLibrary } from './scenario-client.ts'
export { sdk } from './sdk-client.ts'
