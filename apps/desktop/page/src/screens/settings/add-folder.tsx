import { useState } from 'react';
import { useAct, useAsk } from '../../line/line.tsx';
import { Button, Field, Notice, Sheet } from '../../design/parts.tsx';
import { go } from '../../route.ts';
import { FolderPicker } from './folder-picker.tsx';
import { sentenceOf } from '../../line/line.tsx';

/** A folder of this device becomes a workspace, or gets one that is on the server. @param workspace the one to bring here; else the person says. */
export function AddFolder({ isOpen, workspace, onClose }: { isOpen: boolean; workspace: string | undefined; onClose: () => void }) {
  return (
    <Sheet
      title={workspace === undefined ? 'Keep another folder in step' : `Keep ${workspace} on this device`}
      isOpen={isOpen}
      onClose={onClose}
    >
      <AddFolderForm
        workspace={workspace}
        onAdded={(id) => {
          onClose();
          go({ screen: 'files', workspace: id });
        }}
      />
    </Sheet>
  );
}

export function AddFolderForm({ workspace, onAdded }: { workspace: string | undefined; onAdded?: (workspace: string) => void }) {
  const [place, setPlace] = useState('');
  const [inside, setInside] = useState(workspace ?? '');
  const [name, setName] = useState(workspace);
  const { data: home } = useAsk('folders', {});
  const { data: known } = useAsk('workspaces', {});
  const add = useAct(
    'add',
    ({ name, folder, created }) =>
      created ? `${folder} is the workspace ${name} now, and is being sent.` : `${name} is coming into ${folder}.`,
    { showsNo: true },
  );
  // The person's own folder as a whole is chosen by nobody by accident.
  const folder = inside.trim() === '' ? place : joined(place || (home?.path ?? ''), inside);
  const shownName = name ?? folder.split(/[\\/]/).filter(Boolean).at(-1) ?? '';
  const taken = known?.workspaces.find((one) => one.name === shownName);
  const isHereAlready = taken !== undefined && taken.folder !== null;
  return (
    <form
      className="form"
      onSubmit={(event) => {
        event.preventDefault();
        if (folder !== '' && shownName !== '')
          add.mutate({ folder, workspace: shownName }, { onSuccess: (added) => onAdded?.(added.workspace) });
      }}
    >
      <div className="field">
        <p className="label">Where on this device</p>
        <FolderPicker onChange={setPlace} />
      </div>
      <Field label="A new folder in it (or leave this empty)" value={inside} onChange={setInside} placeholder="such as Documents" />
      {workspace === undefined && (
        <Field
          label="Name of the workspace"
          hint="The same name on all your devices. A name that is on the server already brings that workspace here."
          value={shownName}
          onChange={setName}
        />
      )}
      {isHereAlready ? (
        <Notice tone="warn">
          <p>
            {shownName} is kept in {taken.folder} already. Choose another name.
          </p>
        </Notice>
      ) : (
        folder !== '' &&
        shownName !== '' && (
          <Notice tone="calm" icon="folder">
            <p className="path">
              <strong>{folder}</strong> and the workspace <strong>{shownName}</strong> {taken ? 'that is on the server' : '(new)'} become
              the same.
              {taken
                ? ' What both have under the same name with other contents is kept twice, side by side.'
                : ' Nothing in the folder is changed.'}
            </p>
          </Notice>
        )
      )}
      {add.error && (
        <Notice tone="bad">
          <p>{sentenceOf(add.error)}</p>
        </Notice>
      )}
      <div className="sheet-foot">
        <Button look="primary" type="submit" isDisabled={folder === '' || shownName === '' || isHereAlready || add.isPending}>
          {add.isPending ? 'Beginning…' : 'Keep it in step'}
        </Button>
      </div>
    </form>
  );
}

function joined(place: string, inside: string): string {
  const name = inside.trim();
  if (place === '' || name === '') return place;
  const separator = place.includes('\\') ? '\\' : '/';
  return place.endsWith(separator) ? place + name : place + separator + name;
}
