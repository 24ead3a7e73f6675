export function JobGraphPage() { return <p>JobGraphPage</p> }
