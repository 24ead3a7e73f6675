/** The keys of the store. */
import { safeId } from '../ids/index.ts'

export const storePrefix = 'marathon/'

export const keys = {
  frameworkId: `${storePrefix}framework-id`,
  app: (id: string, version: string): string => `${storePrefix}app/${safeId(id)}/${version}`,
  root: (version: string): string => `${storePrefix}root/${version}`,
  instance: (id: string): string => `${storePrefix}instance/${id}`,
  deployment: (id: string): string => `${storePrefix}deployment/${id}`,
  failure: (appId: string): string => `${storePrefix}failure/${safeId(appId)}`,
}
