import { ToggleButton, ToggleButtonGroup } from 'react-aria-components';
import type { Status } from '@tidemark/ipc';
import { Choice } from '../design/parts.tsx';
import { Icon, type IconName } from '../design/icon.tsx';
import { setTheme, THEMES, useTheme, type Theme } from '../design/theme.ts';
import { fragmentOf, go, type Route, type WorkspaceScreen } from '../route.ts';
import { showCount } from '../words/amounts.ts';
import { wordsOf } from '../words/states.ts';

export const SCREEN_NAMES: Record<WorkspaceScreen, { name: string; icon: IconName }> = {
  files: { name: 'Files', icon: 'files' },
  activity: { name: 'Activity', icon: 'activity' },
  deleted: { name: 'Deleted', icon: 'deleted' },
  issues: { name: 'Issues', icon: 'issues' },
  conflicts: { name: 'Conflicts', icon: 'conflicts' },
  devices: { name: 'Devices', icon: 'devices' },
  kept: { name: 'What is kept', icon: 'kept' },
};

/** What is about a disk is not offered where there is none. */
const OF_A_DISK: ReadonlySet<WorkspaceScreen> = new Set(['issues', 'kept']);
export const screensOf = ({ face }: Pick<Status, 'face'>): readonly WorkspaceScreen[] =>
  (Object.keys(SCREEN_NAMES) as WorkspaceScreen[]).filter((screen) => face !== 'server' || !OF_A_DISK.has(screen));

/** The workspace that the person looked at last, so that the overview does not change what the menu leads to. */
let lastWorkspace: string | undefined;

export function Side({ status, route }: { status: Status; route: Route }) {
  const theme = useTheme();
  const { workspaces } = status;
  if ('workspace' in route) lastWorkspace = route.workspace;
  const workspace = workspaces.find(({ id }) => id === lastWorkspace) ?? workspaces[0];
  const counts: Partial<Record<WorkspaceScreen, number>> = { issues: workspace?.issues.length ?? 0, conflicts: workspace?.conflicts ?? 0 };
  return (
    <>
      <a className="brand" href="#/">
        <svg width="26" height="26" viewBox="0 0 32 32" aria-hidden="true">
          <rect width="32" height="32" rx="9" className="brand-ground" />
          <path d="M5 13c3.7-3.4 7.3-3.4 11 0s7.3 3.4 11 0M5 20c3.7-3.4 7.3-3.4 11 0s7.3 3.4 11 0" className="brand-waves" />
        </svg>
        Tidemark
      </a>
      <nav aria-label="Screens">
        <NavLink to={{ screen: 'overview' }} route={route} icon="overview" name="Overview" />
        {status.face !== 'server' && <NavLink to={{ screen: 'transfers' }} route={route} icon="transfers" name="Transfers" />}
        {workspace && (
          <div className="side-workspace">
            <Choice
              label="Workspace"
              value={workspace.id}
              of={workspaces.map(({ id, name }) => ({ key: id, name }))}
              onChange={(id) => go({ screen: 'workspace' in route ? route.screen : 'files', workspace: id })}
            />
            <p className={`side-state tone-${wordsOf(workspace, status.face).tone}`}>{wordsOf(workspace, status.face).short}</p>
            {screensOf(status).map((screen) => (
              <NavLink
                key={screen}
                to={{ screen, workspace: workspace.id }}
                route={route}
                icon={SCREEN_NAMES[screen].icon}
                name={SCREEN_NAMES[screen].name}
                count={counts[screen]}
              />
            ))}
          </div>
        )}
        <NavLink to={{ screen: 'settings' }} route={route} icon="settings" name="Settings" />
      </nav>
      <footer className="side-foot">
        <ToggleButtonGroup
          className="segments"
          aria-label="Colours"
          selectionMode="single"
          disallowEmptySelection
          selectedKeys={[theme]}
          onSelectionChange={(keys) => setTheme([...keys][0] as Theme)}
        >
          {THEMES.map((one) => (
            <ToggleButton key={one} id={one} className="segment">
              {{ system: 'Auto', light: 'Light', dark: 'Dark' }[one]}
            </ToggleButton>
          ))}
        </ToggleButtonGroup>
        <p className="small faint one-line" title={status.server.url ?? ''}>
          {status.server.connected ? 'Connected to ' : 'Not connected to '}
          {hostOf(status.server.url)}
        </p>
      </footer>
    </>
  );
}

function NavLink({ to, route, icon, name, count }: { to: Route; route: Route; icon: IconName; name: string; count?: number | undefined }) {
  const isHere = to.screen === route.screen && ('workspace' in to ? 'workspace' in route && to.workspace === route.workspace : true);
  return (
    <a className="nav-link" href={fragmentOf(to)} aria-current={isHere ? 'page' : undefined}>
      <Icon name={icon} />
      <span>{name}</span>
      {count !== undefined && count > 0 && (
        <span className="nav-count">
          {showCount(count)}
          <span className="hidden-words"> to look at</span>
        </span>
      )}
    </a>
  );
}

function hostOf(url: string | null): string {
  try {
    return new URL(url ?? '').host;
  } catch {
    return url ?? 'a server';
  }
}
