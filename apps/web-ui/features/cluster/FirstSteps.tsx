import { Button } from '@mantine/core'
import { Link } from 'react-router'
import { paths } from '../../paths.ts'
import { Sample } from '../../ui/Copy.tsx'
import { plural } from '../../ui/text/format.ts'

/** What a newcomer sees: three steps, each with a command and a button. */
export function FirstSteps({ agents }: { agents: number }) {
  const origin = location.origin
  return (
    <ol className="steps">
      <li className="step">
        <h2>Agents give room</h2>
        <p className="dim">
          {agents === 0
            ? 'No agent has joined yet. Start one on any machine that reaches the master:'
            : `${plural(agents, 'agent')} joined and ready. More join with:`}
        </p>
        <Sample code={`npx thermo up --agents ${Math.max(3, agents + 1)}`} label="Copy the command" />
      </li>
      <li className="step">
        <h2>Run a service</h2>
        <p className="dim">
          Marathon keeps as many instances running as you ask for. Start from a sample, or send your own JSON:
        </p>
        <Sample
          code={`curl -X POST ${origin}/service/marathon/v2/apps -H 'Content-type: application/json' -d @app.json`}
          label="Copy the command"
        />
        <Button component={Link} to={paths.serviceNew({ sample: 'hello' })} style={{ justifySelf: 'start' }}>
          Try the sample service
        </Button>
      </li>
      <li className="step">
        <h2>Schedule a job</h2>
        <p className="dim">Chronos runs it on time, retries it, and runs what follows it.</p>
        <Sample
          code={`curl -X POST ${origin}/service/chronos/v1/scheduler/iso8601 -H 'Content-type: application/json' -d @job.json`}
          label="Copy the command"
        />
        <Button
          variant="default"
          component={Link}
          to={paths.jobNew({ sample: 'tick' })}
          style={{ justifySelf: 'start' }}
        >
          Try the sample job
        </Button>
      </li>
    </ol>
  )
}
