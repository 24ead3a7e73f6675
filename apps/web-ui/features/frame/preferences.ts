import { useLocalStorage } from '@mantine/hooks'

/** What the viewer chose, kept in this browser only. */
export const useUtcPreference = () =>
  useLocalStorage({ key: 'thermosphere.utc', defaultValue: false, getInitialValueInEffect: false })
export const useRailPreference = () =>
  useLocalStorage<'wide' | 'narrow'>({ key: 'thermosphere.rail', defaultValue: 'wide', getInitialValueInEffect: false })
