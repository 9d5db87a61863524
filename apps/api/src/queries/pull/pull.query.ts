import { Query } from '@nestjs/cqrs';
import type { DeviceId, WorkspaceId } from '@tidemark/domain';
import type { ChangesAnswer, PullPosition } from '@tidemark/protocol';

/** One page of what a device lacks. `fresh`: it began with nothing and has no use for what is gone. */
export class PullQuery extends Query<ChangesAnswer> {
  constructor(
    readonly workspace: WorkspaceId,
    readonly device: DeviceId,
    readonly after: PullPosition,
    readonly limit: number,
    readonly fresh: boolean,
  ) {
    super();
  }
}
