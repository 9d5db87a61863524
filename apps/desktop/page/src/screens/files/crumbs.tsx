import { Breadcrumb, Breadcrumbs, Link } from 'react-aria-components';
import type { WorkspaceStatus } from '@tidemark/ipc';
import { fragmentOf } from '../../route.ts';

/** Where one is in a workspace, outermost first. */
export function Crumbs({ workspace, crumbs }: { workspace: WorkspaceStatus; crumbs: readonly { id: string; name: string }[] }) {
  const all = [{ id: '', name: workspace.name }, ...crumbs];
  return (
    <nav aria-label="Path" className="crumbs">
      <Breadcrumbs>
        {all.map(({ id, name }) => (
          <Breadcrumb key={id} id={id}>
            <Link href={fragmentOf({ screen: 'files', workspace: workspace.id, ...(id && { folder: id }) })}>{name}</Link>
          </Breadcrumb>
        ))}
      </Breadcrumbs>
    </nav>
  );
}
