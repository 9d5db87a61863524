import { Fault, type Revision, type StreamName } from '@tidemark/domain';

/** A stream does not hang together: an event was changed, put in or taken out. Nothing is decided on it until an operator has put it right. */
export class BrokenHistory extends Fault {
  override readonly name = 'BrokenHistory';
  readonly stream: StreamName;
  /** Of the first event that does not follow from those before it. */
  readonly revision: Revision;

  constructor(stream: StreamName, revision: Revision) {
    super(
      `the history in stream ${stream} is broken: the event at revision ${revision} does not follow from those before it; ` +
        'restore the event log from a backup. Until then this workspace is closed, and others go on',
      { retry: 'never' },
    );
    this.stream = stream;
    this.revision = revision;
  }
}
