import {
  IconActivity,
  IconCalendarTime,
  IconCpu,
  IconHierarchy3,
  IconLayoutDashboard,
  IconListDetails,
  IconServer2,
  IconStack2,
  IconUsersGroup,
} from '@tabler/icons-react'
import { paths } from '../../paths.ts'

/** The rail, in order; `key` is the second key of the shortcut `g …`. */
export const sections = [
  { label: 'Overview', path: paths.overview(), icon: IconLayoutDashboard, key: 'o' },
  { label: 'Services', path: paths.services(), icon: IconStack2, key: 's' },
  { label: 'Jobs', path: paths.jobs(), icon: IconCalendarTime, key: 'j' },
  { label: 'Tasks', path: paths.tasks(), icon: IconListDetails, key: 't' },
  { label: 'Nodes', path: paths.nodes(), icon: IconServer2, key: 'n' },
  { label: 'Frameworks', path: paths.frameworks(), icon: IconHierarchy3, key: 'f' },
  { label: 'Roles & quota', path: paths.roles(), icon: IconUsersGroup, key: 'r' },
  { label: 'Events', path: paths.events(), icon: IconActivity, key: 'e' },
  { label: 'System', path: paths.system(), icon: IconCpu, key: 'y' },
] as const

export const isSection = (path: string, current: string) =>
  path === '/' ? current === '/' : current === path || current.startsWith(`${path}/`)
