import { memo } from 'react';
import type { EntryView } from '@tidemark/ipc';
import { useIsBrowser } from '../../line/line.tsx';
import { Icon, type IconName } from '../../design/icon.tsx';
import { showBytes, showCount, showDay } from '../../words/amounts.ts';
import { PRESENCE_WORDS } from '../../words/states.ts';

const PRESENCE_ICONS: Record<EntryView['presence'], IconName> = { here: 'here', coming: 'coming', away: 'cloud', parked: 'waits' };

export const kindIcon = (kind: EntryView['kind']): IconName => kind;

/** Drawn anew only where it is another one: many of them are there at every step of scrolling. */
export const EntryRow = memo(function EntryRow({
  entry,
  isCurrent,
  isChosen,
  isNarrow,
  showsPlace,
  onDetails,
}: {
  entry: EntryView;
  isCurrent: boolean;
  isChosen: boolean;
  isNarrow: boolean;
  showsPlace: boolean;
  onDetails: (path: string) => void;
}) {
  const { name, kind, bytes, inside, modified, presence, path } = entry;
  const words = PRESENCE_WORDS[presence];
  const isBrowser = useIsBrowser();
  const size = kind === 'folder' ? `${showCount(inside)} inside` : showBytes(bytes);
  const place = path.slice(0, -name.length - 1);
  const below = [showsPlace && (place || 'At the top'), isNarrow && size, isNarrow && modified !== null && showDay(modified)]
    .filter(Boolean)
    .join(' · ');
  return (
    <div
      className={`entry-row${isChosen ? ' is-chosen' : ''}${presence === 'here' || isBrowser ? '' : ' is-elsewhere'}`}
      role="presentation"
    >
      <div role="gridcell" className="entry-name">
        <span className={`entry-kind ${kind}`}>
          <Icon name={kindIcon(kind)} />
        </span>
        <div className="one-line">
          <p className="one-line" title={name}>
            {name}
          </p>
          {below && <p className="small faint one-line figures">{below}</p>}
        </div>
      </div>
      {isBrowser ? (
        <div role="gridcell" />
      ) : (
        <div role="gridcell" className={`entry-presence tone-${words.tone}`} title={words.short}>
          <Icon name={PRESENCE_ICONS[presence]} size={16} />
          <span className="hidden-words">{words.short}</span>
        </div>
      )}
      {!isNarrow && (
        <>
          <div role="gridcell" className="entry-size small quiet figures">
            {size}
          </div>
          <div role="gridcell" className="entry-date small quiet figures">
            {modified === null ? '' : showDay(modified)}
          </div>
        </>
      )}
      <div role="gridcell">
        {/* The browser's own: with all that React Aria's adds it takes much of the time that a row takes. */}
        <button
          type="button"
          className="icon-button"
          aria-label={`Details of ${name}`}
          tabIndex={isCurrent ? 0 : -1}
          onClick={() => onDetails(path)}
        >
          <Icon name="more" />
        </button>
      </div>
    </div>
  );
});
