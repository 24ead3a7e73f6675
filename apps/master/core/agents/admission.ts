import type { mesos } from '@thermosphere/protocol'
import { agentRefusal } from '../access/approvals.ts'
import type { Master } from '../model.ts'

type Applicant = { readonly agent_info: mesos.AgentInfo; readonly version: string }

const firstMajor = 1

/** Why an agent may not join; it is told and may try again after its operator changed something. */
export function admissionProblem(m: Master, { agent_info: info, version }: Applicant): string | undefined {
  const [, major] = /^(\d+)\.\d+\.\d+/.exec(version) ?? []
  if (major === undefined) return `the agent's version '${version}' is not understood`
  if (Number(major) < firstMajor) return `the agent's version ${version} is older than ${firstMajor}.0.0`
  if (info.domain && !m.info.domain) return 'the agent has a domain but the master has none'
  if (!info.domain && m.config.requireAgentDomain) return 'the agent has no domain and the master requires one'
  return agentRefusal(m, info)
}
