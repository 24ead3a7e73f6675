/** The Mesos version whose protocol and behaviour this agent has; clients compare it. */
export const VERSION = '1.12.0'

/** `/version`; the members that a build would fill are there because clients read them. */
export const VERSION_INFO = {
  build_date: '2026-11-21 00:00:00 UTC',
  build_time: 1_795_219_200,
  build_user: '',
  git_branch: 'refs/heads/main',
  git_sha: '',
  version: VERSION,
} as const
