import { Button } from '@mantine/core'
import { Link, useLocation } from 'react-router'
import { Page } from '../features/frame/Page.tsx'
import { paths } from '../paths.ts'
import { Empty } from '../ui/Panel.tsx'

export function NotFoundPage() {
  const { pathname } = useLocation()
  return (
    <Page title="No such page">
      <Empty
        title={`Nothing is at ${pathname}`}
        action={
          <Button component={Link} to={paths.overview()}>
            To the overview
          </Button>
        }
      >
        The address may be old, or have a typing mistake.
      </Empty>
    </Page>
  )
}
