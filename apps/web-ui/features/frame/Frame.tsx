import { ActionIcon, Menu, Modal, useMantineColorScheme } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { useQuery } from '@tanstack/react-query'
import {
  IconLayoutSidebarLeftCollapse,
  IconLayoutSidebarLeftExpand,
  IconMenu2,
  IconMoon,
  IconSearch,
  IconSettings,
  IconSun,
} from '@tabler/icons-react'
import { useEffect, useState } from 'react'
import { Link, NavLink, Outlet, useLocation } from 'react-router'
import { readClusterInfo } from '../../api/gateway.ts'
import { keys } from '../../api/query-keys.ts'
import { paths } from '../../paths.ts'
import { UtcContext } from '../../ui/text/clock.ts'
import { StatusMark } from '../../ui/StatusMark.tsx'
import { useJobViews, useServiceViews, useUsage } from '../live/hooks.ts'
import { Palette } from '../palette/Palette.tsx'
import { LiveIndicator } from './LiveIndicator.tsx'
import { isSection, sections } from './navigation.ts'
import { useRailPreference, useUtcPreference } from './preferences.ts'
import { shortcutList, useShortcuts } from './shortcuts.ts'
import './frame.css'

const create = { service: paths.serviceNew(), job: paths.jobNew() }

/** The rail, the bar on top and the page between them. */
export function Frame() {
  const [utc, setUtc] = useUtcPreference()
  const [rail, setRail] = useRailPreference()
  const [palette, paletteActions] = useDisclosure(false)
  const [help, helpActions] = useDisclosure(false)
  const [drawer, setDrawer] = useState(false)
  const location = useLocation()
  useEffect(() => setDrawer(false), [location.pathname])
  useShortcuts({ onPalette: paletteActions.toggle, onHelp: helpActions.open, create })
  return (
    <UtcContext value={utc}>
      <div className="frame" data-rail={rail}>
        <TopBar
          onMenu={() => setDrawer((open) => !open)}
          onSearch={paletteActions.open}
          onHelp={helpActions.open}
          utc={utc}
          onUtc={() => setUtc(!utc)}
        />
        {drawer && (
          <button type="button" className="rail-shade" aria-label="Close navigation" onClick={() => setDrawer(false)} />
        )}
        <Rail
          isOpen={drawer}
          isNarrow={rail === 'narrow'}
          onToggle={() => setRail(rail === 'wide' ? 'narrow' : 'wide')}
        />
        <main className="main" key={location.pathname}>
          <Outlet />
        </main>
        <Palette opened={palette} onClose={paletteActions.close} />
        <ShortcutHelp opened={help} onClose={helpActions.close} />
      </div>
    </UtcContext>
  )
}

type TopBarProps = { onMenu: () => void; onSearch: () => void; onHelp: () => void; utc: boolean; onUtc: () => void }

function TopBar(props: TopBarProps) {
  const info = useQuery({
    queryKey: keys.clusterInfo,
    queryFn: ({ signal }) => readClusterInfo(signal),
    staleTime: 60_000,
  }).data
  const { colorScheme, toggleColorScheme } = useMantineColorScheme()
  const isDark = colorScheme === 'dark'
  return (
    <header className="topbar">
      <ActionIcon className="burger" variant="subtle" color="gray" aria-label="Open navigation" onClick={props.onMenu}>
        <IconMenu2 size={18} />
      </ActionIcon>
      <Link to={paths.overview()} className="brand" aria-label="Thermosphere, overview">
        <img src="/icon.svg" alt="" />
        Thermosphere
      </Link>
      <span className="cluster-name">
        <span className="ellipsis">{info?.name ?? 'cluster'}</span>
        {info?.leader !== undefined && info.leader !== null && (
          <span className="mono ellipsis">{info.leader.replace(/^\w+:\/\//, '')}</span>
        )}
      </span>
      <span className="topbar-space" />
      <LiveIndicator />
      <button type="button" className="search-button" onClick={props.onSearch} aria-label="Search and commands">
        <IconSearch size={14} />
        <span>Search or jump to…</span>
        <kbd className="kbd">Ctrl K</kbd>
      </button>
      <ActionIcon
        variant="subtle"
        color="gray"
        aria-label={isDark ? 'Switch to the light theme' : 'Switch to the dark theme'}
        onClick={() => toggleColorScheme()}
      >
        {isDark ? <IconSun size={17} /> : <IconMoon size={17} />}
      </ActionIcon>
      <Menu>
        <Menu.Target>
          <ActionIcon variant="subtle" color="gray" aria-label="Settings">
            <IconSettings size={17} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.CheckboxItem checked={props.utc} onChange={props.onUtc}>
            Exact times in UTC
          </Menu.CheckboxItem>
          <Menu.Item onClick={props.onHelp} rightSection={<kbd className="kbd">?</kbd>}>
            Keyboard shortcuts
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
    </header>
  )
}

function Rail({ isOpen, isNarrow, onToggle }: { isOpen: boolean; isNarrow: boolean; onToggle: () => void }) {
  const location = useLocation()
  const failing = useFailing()
  return (
    <nav className="rail" aria-label="Main" data-open={isOpen ? '' : undefined}>
      {sections.map(({ label, path, icon: SectionIcon }) => {
        const count = failing[label] ?? 0
        return (
          <NavLink
            key={path}
            to={path}
            className="rail-link"
            title={isNarrow ? label : undefined}
            aria-label={count === 0 ? label : `${label}, ${count} failing`}
            aria-current={isSection(path, location.pathname) ? 'page' : undefined}
          >
            <SectionIcon size={17} stroke={1.7} aria-hidden />
            <span>{label}</span>
            {count > 0 && (
              <span className="rail-count">
                <StatusMark status="failing" /> {count}
              </span>
            )}
          </NavLink>
        )
      })}
      <button
        type="button"
        className="rail-link rail-toggle rail-foot"
        onClick={onToggle}
        aria-label={isNarrow ? 'Widen navigation' : 'Narrow navigation'}
      >
        {isNarrow ? (
          <IconLayoutSidebarLeftExpand size={17} stroke={1.7} />
        ) : (
          <IconLayoutSidebarLeftCollapse size={17} stroke={1.7} />
        )}
        <span>Collapse</span>
      </button>
    </nav>
  )
}

function useFailing(): Record<string, number> {
  const services = useServiceViews()?.filter((view) => view.status === 'failing').length
  const jobs = useJobViews()?.filter((view) => view.status === 'failing').length
  const nodes = useUsage()?.agents.filter((one) => one.status === 'failing').length
  return { Services: services ?? 0, Jobs: jobs ?? 0, Nodes: nodes ?? 0 }
}

function ShortcutHelp({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  return (
    <Modal opened={opened} onClose={onClose} title="Keyboard shortcuts" size="sm">
      <dl className="facts">
        {shortcutList.map(([key, what]) => (
          <div key={key} style={{ display: 'contents' }}>
            <dt>
              <kbd className="kbd">{key}</kbd>
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
    </Modal>
  )
}
