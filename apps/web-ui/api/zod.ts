import { z } from 'zod'

// The content security policy forbids evaluated code; without this zod tries it once and the console complains.
// Everybody takes `z` from here, so that no schema exists before this line ran.
z.config({ jitless: true })

export { z }
