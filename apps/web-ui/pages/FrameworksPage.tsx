export function FrameworksPage() { return <p>FrameworksPage</p> }
