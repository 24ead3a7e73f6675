export function ServiceFormPage() { return <p>ServiceFormPage</p> }
