/** Those who speak the protocol, played by tests. */
export { FakeDriver } from './fake-driver.ts'
export type { FakeDriverOptions } from './fake-driver.ts'
