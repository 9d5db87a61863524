import type { Status } from '@tidemark/ipc';
import { Screen } from '../design/screen.tsx';
import { fragmentOf, type Route } from '../route.ts';
import { screensOf } from './side.tsx';
import { ActivityScreen } from '../screens/activity/activity-screen.tsx';
import { ConflictsScreen } from '../screens/conflicts/conflicts-screen.tsx';
import { DeletedScreen } from '../screens/deleted/deleted-screen.tsx';
import { DevicesScreen } from '../screens/devices/devices-screen.tsx';
import { FilesScreen } from '../screens/files/files-screen.tsx';
import { IssuesScreen } from '../screens/issues/issues-screen.tsx';
import { KeptScreen } from '../screens/kept/kept-screen.tsx';
import { OverviewScreen } from '../screens/overview/overview-screen.tsx';
import { BrowserSettings } from '../screens/settings/browser-settings.tsx';
import { SettingsScreen } from '../screens/settings/settings-screen.tsx';
import { TransfersScreen } from '../screens/transfers/transfers-screen.tsx';

export function CurrentScreen({ route, status }: { route: Route; status: Status }) {
  if (!('workspace' in route)) {
    if (route.screen === 'transfers' && status.face !== 'server') return <TransfersScreen status={status} />;
    if (route.screen === 'settings')
      return status.face === 'server' ? <BrowserSettings status={status} /> : <SettingsScreen status={status} />;
    return <OverviewScreen status={status} />;
  }
  const workspace = status.workspaces.find(({ id }) => id === route.workspace);
  if (!workspace)
    return (
      <Screen
        title={status.face === 'server' ? 'This workspace is not one of yours' : 'This workspace is not kept here'}
        lead={
          <p>
            {status.face === 'server'
              ? 'You are no member of it any more, or the address is an old one. The overview shows what is yours.'
              : 'Its folder was removed from this device, or the address is an old one. The overview shows what is kept, and what else is on the server.'}
          </p>
        }
      >
        <div>
          <a className="button primary" href={fragmentOf({ screen: 'overview' })}>
            To the overview
          </a>
        </div>
      </Screen>
    );
  switch (screensOf(status).includes(route.screen) ? route.screen : 'files') {
    case 'files':
      return <FilesScreen workspace={workspace} folder={route.folder} chosen={route.chosen} />;
    case 'activity':
      return <ActivityScreen workspace={workspace} />;
    case 'deleted':
      return <DeletedScreen workspace={workspace} />;
    case 'issues':
      return <IssuesScreen workspace={workspace} />;
    case 'conflicts':
      return <ConflictsScreen workspace={workspace} />;
    case 'devices':
      return <DevicesScreen workspace={workspace} />;
    case 'kept':
      return <KeptScreen workspace={workspace} />;
  }
}
