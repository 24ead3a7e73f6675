#!/usr/bin/env node
// Called by the recorder with kill, start, pause or resume; hands the word to the test that owns the agent.
const answer = await fetch(`${process.env.AGENT_CONTROL_URL}/${process.argv[2]}`, { method: 'POST' })
if (!answer.ok) throw new Error(`${answer.status} ${await answer.text()}`)
