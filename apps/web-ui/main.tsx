import '@fontsource-variable/inter'
import '@fontsource-variable/jetbrains-mono'
import '@mantine/core/styles.css'
import '@mantine/notifications/styles.css'
import './theme.css'
import './ui/ui.css'
import { MantineProvider } from '@mantine/core'
import { Notifications } from '@mantine/notifications'
import { QueryClientProvider } from '@tanstack/react-query'
import { createRoot } from 'react-dom/client'
import { RouterProvider } from 'react-router/dom'
import { LiveClient } from './api/live/live-client.ts'
import { createQueryClient } from './api/query-client.ts'
import { LiveProvider } from './features/live/hooks.ts'
import { releaseWhileHidden } from './features/live/visibility.ts'
import { router } from './router.tsx'
import { theme } from './theme.ts'

const queries = createQueryClient()
const live = new LiveClient(queries)
live.start()
releaseWhileHidden(live)

const root = document.getElementById('root')
if (root === null) throw new Error('The page has no #root')
createRoot(root).render(
  <MantineProvider theme={theme} defaultColorScheme="dark">
    <QueryClientProvider client={queries}>
      <LiveProvider value={live}>
        <Notifications position="bottom-right" limit={4} />
        <RouterProvider router={router} />
      </LiveProvider>
    </QueryClientProvider>
  </MantineProvider>,
)
