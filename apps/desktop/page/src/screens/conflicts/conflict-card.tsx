import { useState } from 'react';
import type { ConflictCard, ConflictEnd, ConflictSideView } from '@tidemark/ipc';
import { useAct } from '../../line/line.tsx';
import { Button, Notice, Sheet } from '../../design/parts.tsx';
import { useNow } from '../../design/seen.ts';
import { showAgo, showBytes } from '../../words/amounts.ts';
import { TwoTexts } from './compare-texts.tsx';
import { Picture, PICTURE_BYTES_MAX, PICTURE_NAME } from './picture.tsx';

const SETTLED_WORDS: Record<ConflictEnd, string> = {
  mine: 'The copy’s content was taken; the other is in the file’s history.',
  theirs: 'The file stayed as it was; the copy is under Deleted.',
  both: 'Both were kept, side by side.',
  merged: 'A text put together from both was taken.',
};

export function Card({ workspace, card }: { workspace: string; card: ConflictCard }) {
  const now = useNow();
  const [isMerging, setMerging] = useState(false);
  const settle = useAct('settle', (_, { how }) => `${card.path}: ${SETTLED_WORDS[how]}`);
  const unsettle = useAct('unsettle', () => `${card.path} is as it was before, and the conflict is open again.`);
  const { base, mine, theirs, ends, settled } = card;
  const end = (how: ConflictEnd): void => settle.mutate({ workspace, conflict: card.conflict, how });
  const isPicture = PICTURE_NAME.test(card.path);
  return (
    <li className="card conflict" aria-labelledby={card.conflict}>
      <header>
        <div>
          <h2 id={card.conflict} className="path">
            {card.path}
          </h2>
          <p className="quiet">{card.said}</p>
        </div>
        <p className="small faint figures">{showAgo(card.at, now)}</p>
      </header>
      {settled ? (
        <Notice
          tone="good"
          icon="check"
          actions={
            <Button
              small
              icon="restore"
              isDisabled={unsettle.isPending}
              onPress={() => unsettle.mutate({ workspace, conflict: card.conflict })}
            >
              Take it back
            </Button>
          }
        >
          <p>{SETTLED_WORDS[settled.how]}</p>
        </Notice>
      ) : (
        <>
          <div className="sides">
            <Side title="The file" side={theirs} workspace={workspace} isPicture={isPicture} />
            <Side title="The copy beside it" side={mine} workspace={workspace} isPicture={isPicture} />
          </div>
          {base && (
            <p className="small quiet">
              Both began from a content of {showBytes(base.bytes)}
              {base.by.person && `, by ${base.by.person} on ${base.by.deviceName}`}.
            </p>
          )}
          <div className="actions" role="group" aria-label={`What to keep of ${card.path}`}>
            {ends.includes('theirs') && (
              <Button isDisabled={settle.isPending} onPress={() => end('theirs')}>
                Keep the file
              </Button>
            )}
            {ends.includes('mine') && (
              <Button isDisabled={settle.isPending} onPress={() => end('mine')}>
                Keep the copy
              </Button>
            )}
            <Button isDisabled={settle.isPending} onPress={() => end('both')}>
              Keep both
            </Button>
            {ends.includes('merged') && mine?.entry && theirs?.entry && (
              <Button look="soft" icon="compare" onPress={() => setMerging(true)}>
                Look at both texts
              </Button>
            )}
          </div>
        </>
      )}
      {isMerging && mine?.entry && theirs?.entry && (
        <Merge
          workspace={workspace}
          card={card}
          mine={{ ...mine, entry: mine.entry }}
          theirs={{ ...theirs, entry: theirs.entry }}
          onText={(text) => settle.mutate({ workspace, conflict: card.conflict, how: 'merged', text })}
          onClose={() => setMerging(false)}
        />
      )}
    </li>
  );
}

function Side({ title, side, workspace, isPicture }: { title: string; side: ConflictSideView; workspace: string; isPicture: boolean }) {
  if (!side || side.isDeleted)
    return (
      <div className="side-card">
        <h3>{title}</h3>
        <p className="quiet">Deleted on this side.</p>
      </div>
    );
  const path = side.pathNow ?? side.path;
  return (
    <div className="side-card">
      <h3>{title}</h3>
      {isPicture && side.entry !== null && side.bytes <= PICTURE_BYTES_MAX && (
        <Picture workspace={workspace} entry={side.entry} revision={side.revision ?? undefined} label={`${title}: ${path}`} />
      )}
      <p className="path small">{path}</p>
      {side.pathNow === null && <p className="small">No longer there. It is under Deleted, and can be restored.</p>}
      <p className="small quiet figures">
        {showBytes(side.bytes)}
        {side.by.person && `, ${side.by.person} on ${side.by.deviceName}`}
      </p>
    </div>
  );
}

type SideWithEntry = NonNullable<ConflictSideView> & { entry: string };

function Merge({
  workspace,
  card,
  mine,
  theirs,
  onText,
  onClose,
}: {
  workspace: string;
  card: ConflictCard;
  mine: SideWithEntry;
  theirs: SideWithEntry;
  onText: (text: string) => void;
  onClose: () => void;
}) {
  const [text, setText] = useState<string>();
  return (
    <Sheet title={card.path} isOpen onClose={onClose} wide>
      <p className="quiet">
        The right side is the file. Take over what you want from the copy with the arrows between them, or write into it; then keep what
        stands there.
      </p>
      <TwoTexts
        workspace={workspace}
        left={{ name: 'The copy', entry: mine.entry, ...(mine.revision && { revision: mine.revision }) }}
        right={{ name: 'The file, as it will be', entry: theirs.entry, ...(theirs.revision && { revision: theirs.revision }) }}
        onText={setText}
      />
      <div className="sheet-foot">
        <Button onPress={onClose}>Decide later</Button>
        <Button
          look="primary"
          isDisabled={text === undefined}
          onPress={() => {
            if (text !== undefined) onText(text);
            onClose();
          }}
        >
          Keep what stands on the right
        </Button>
      </div>
    </Sheet>
  );
}
