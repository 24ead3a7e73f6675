export function FrameworkPage() { return <p>FrameworkPage</p> }
