import { Button, Notice } from './parts.tsx';
import { isNotYet, sentenceOf } from '../line/line.tsx';

/** What is shown in the place of what could not be had: one sentence that says what to do, and the way to try again. */
export function Trouble({ of, onRetry }: { of: unknown; onRetry?: () => void }) {
  const isCalm = isNotYet(of);
  return (
    <Notice
      tone={isCalm ? 'calm' : 'warn'}
      actions={
        !isCalm &&
        onRetry && (
          <Button small icon="restore" onPress={onRetry}>
            Try again
          </Button>
        )
      }
    >
      <p>{sentenceOf(of)}</p>
    </Notice>
  );
}
