export function DeploymentsPage() { return <p>DeploymentsPage</p> }
