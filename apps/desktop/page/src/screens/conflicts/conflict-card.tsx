import { useState } from 'react';
import type { ConflictCard, ConflictEnd, ConflictSideView } from '@tidemark/ipc';
import { endsToChoose, matterOf, wordsOfEnd } from '@tidemark/ipc/words';
import { useAct } from '../../line/line.tsx';
import { Button, Notice, Sheet } from '../../design/parts.tsx';
import { useNow } from '../../design/seen.ts';
import { showAgo, showBytes } from '../../words/amounts.ts';
import { TwoTexts } from './compare-texts.tsx';
import { Picture, PICTURE_BYTES_MAX, PICTURE_NAME } from './picture.tsx';

/** What came first, then what met it. */
const ORDER: readonly ConflictEnd[] = ['theirs', 'mine', 'both'];

function titlesOf(card: ConflictCard): { readonly theirs: string; readonly mine: string } {
  if (matterOf(card) === 'contents') return { theirs: 'The file', mine: 'The copy beside it' };
  return { theirs: 'What came first', mine: card.by.deviceName === '' ? 'What met it' : `On ${card.by.deviceName}` };
}

export function Card({ workspace, card }: { workspace: string; card: ConflictCard }) {
  const now = useNow();
  const [isMerging, setMerging] = useState(false);
  const settle = useAct('settle', (_, { how }) => `${card.path}: ${wordsOfEnd(card, how).done}`);
  const unsettle = useAct('unsettle', () => `${card.path} is as it was before, and the conflict is open again.`);
  const { base, mine, theirs, ends, settled } = card;
  const end = (how: ConflictEnd): void => settle.mutate({ workspace, conflict: card.conflict, how });
  const matter = matterOf(card);
  const titles = titlesOf(card);
  const isWanted = matter === 'place';
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
          <p>{wordsOfEnd(card, settled.how).done}</p>
        </Notice>
      ) : (
        <>
          <div className="sides">
            <Side title={titles.theirs} side={theirs} {...{ workspace, isPicture, isWanted }} />
            <Side title={titles.mine} side={mine} {...{ workspace, isPicture, isWanted }} />
          </div>
          {base && matter === 'contents' && (
            <p className="small quiet">
              Both began from a content of {showBytes(base.bytes)}
              {base.by.person && `, by ${base.by.person} on ${base.by.deviceName}`}.
            </p>
          )}
          <div className="actions" role="group" aria-label={`What to keep of ${card.path}`}>
            {endsToChoose(card)
              .filter((how) => how !== 'merged')
              .toSorted((a, b) => ORDER.indexOf(a) - ORDER.indexOf(b))
              .map((how) => (
                <Button key={how} isDisabled={settle.isPending} onPress={() => end(how)}>
                  {wordsOfEnd(card, how).does}
                </Button>
              ))}
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

/** @param isWanted it is about the place that this side wanted, not about where it lies now. */
function Side({
  title,
  side,
  workspace,
  isPicture,
  isWanted,
}: {
  title: string;
  side: ConflictSideView;
  workspace: string;
  isPicture: boolean;
  isWanted: boolean;
}) {
  if (!side || side.isDeleted)
    return (
      <div className="side-card">
        <h3>{title}</h3>
        <p className="quiet">{side ? 'Deleted on this side.' : 'What this side had is not known any more.'}</p>
      </div>
    );
  const path = isWanted ? side.path : (side.pathNow ?? side.path);
  return (
    <div className="side-card">
      <h3>{title}</h3>
      {isPicture && side.entry !== null && side.bytes <= PICTURE_BYTES_MAX && (
        <Picture workspace={workspace} entry={side.entry} revision={side.revision ?? undefined} label={`${title}: ${path}`} />
      )}
      <p className="path small">{isWanted ? `Moved to ${path}` : path}</p>
      {side.pathNow === null && <p className="small">No longer there. It is under Deleted, and can be restored.</p>}
      <p className="small quiet figures">
        {side.kind === 'file' ? showBytes(side.bytes) : side.kind === 'folder' ? 'Folder' : 'Link'}
        {!isWanted && side.by.person && `, ${side.by.person} on ${side.by.deviceName}`}
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
