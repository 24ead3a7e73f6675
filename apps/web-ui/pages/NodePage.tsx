export function NodePage() { return <p>NodePage</p> }
