import type { EntryId } from '@tidemark/domain';
import type { Sent } from '../synchronizer/ports.ts';
import type { SentAspect } from '../trees/trees.port.ts';

/** Which aspects a commit under way holds: they are not planned, and nothing is decided about a folder while anything below it is held. */
export class Marks {
  readonly #marks: ReadonlySet<string>;

  constructor(sent: Sent | undefined) {
    this.#marks = new Set<string>(sent?.marks);
  }

  /** That aspect, or the whole entry. */
  has(entry: EntryId, aspect: SentAspect): boolean {
    return this.#marks.size > 0 && (this.#marks.has(`${entry}:*`) || this.#marks.has(`${entry}:${aspect}`));
  }

  /** Any aspect. */
  hasAny(entry: EntryId): boolean {
    return (
      this.#marks.size > 0 && (['*', 'place', 'content', 'attributes'] as const).some((aspect) => this.#marks.has(`${entry}:${aspect}`))
    );
  }
}
