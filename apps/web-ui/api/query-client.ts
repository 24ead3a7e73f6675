import { QueryClient } from '@tanstack/react-query'
import { ApiError } from './http.ts'

/** What no stream feeds is read when it is needed; a refusal is not asked for again, an outage is. */
export function createQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 5_000,
        refetchOnWindowFocus: false,
        retry: (count, error) => count < 3 && !(error instanceof ApiError && error.status >= 400 && error.status < 500),
      },
    },
  })
}
