import { lazy, Suspense } from 'react';
import { useAsk } from '../../line/line.tsx';
import { Sheet, Waiting } from '../../design/parts.tsx';
import { Trouble } from '../../design/trouble.tsx';

/** The editor is a third of the page; it comes only when two texts are looked at. */
const TextPair = lazy(() => import('./text-pair.tsx').then(({ TextPair }) => ({ default: TextPair })));

export interface TextSide {
  readonly name: string;
  readonly entry: string;
  readonly revision?: string;
}

/** Two texts side by side. @param onText where the right one may be written into: called with every change. */
export function TwoTexts({
  workspace,
  left,
  right,
  onText,
}: {
  workspace: string;
  left: TextSide;
  right: TextSide;
  onText?: (text: string) => void;
}) {
  const one = useAsk('text', { workspace, entry: left.entry, ...(left.revision && { revision: left.revision }) });
  const other = useAsk('text', { workspace, entry: right.entry, ...(right.revision && { revision: right.revision }) });
  const problem = one.error ?? other.error;
  if (problem)
    return (
      <Trouble
        of={problem}
        onRetry={() => {
          void one.refetch();
          void other.refetch();
        }}
      />
    );
  if (!one.data || !other.data) return <Waiting label="Fetching both texts" />;
  return (
    <div className="two-texts">
      <div className="two-texts-names small">
        <span>{left.name}</span>
        <span>{right.name}</span>
      </div>
      <Suspense fallback={<Waiting label="Opening the texts" />}>
        <TextPair left={one.data.text} right={other.data.text} names={[left.name, right.name]} {...(onText && { onText })} />
      </Suspense>
    </div>
  );
}

export function CompareTexts({
  title,
  onClose,
  ...texts
}: {
  title: string;
  workspace: string;
  left: TextSide;
  right: TextSide;
  onClose: () => void;
}) {
  return (
    <Sheet title={title} isOpen onClose={onClose} wide>
      <TwoTexts {...texts} />
    </Sheet>
  );
}
