export function JobFormPage() { return <p>JobFormPage</p> }
