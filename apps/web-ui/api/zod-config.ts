import { z } from 'zod'

// The content security policy forbids evaluated code; without this zod tries it once and the console complains.
z.config({ jitless: true })
