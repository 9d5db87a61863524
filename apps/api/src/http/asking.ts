import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { must, type AccountId, type DeviceId, type Role, type WorkspaceId } from '@tidemark/domain';

/** The linked device that sent a request. */
export interface Asker {
  readonly device: DeviceId;
  readonly account: AccountId;
  readonly deviceName: string;
  readonly correlationId: string;
}

/** What the asker may do in the workspace that the route names. */
export interface Membership {
  readonly workspace: WorkspaceId;
  readonly role: Role;
}

interface Known {
  asker?: Asker;
  membership?: Membership;
}
/** By Fastify request; filled by the door before the body is read. */
const known = new WeakMap<object, Known>();

export function remember(request: object, facts: Known): void {
  known.set(request, { ...known.get(request), ...facts });
}

export const askerOf = (request: object): Asker | undefined => known.get(request)?.asker;

/** The device that asks. The door has let nobody else in. */
export const Asking = createParamDecorator((_data: unknown, context: ExecutionContext): Asker => {
  const request: object = context.switchToHttp().getRequest();
  return must(known.get(request)?.asker, 'a route behind the door has an asker');
});

/** The asker's membership in the workspace of the route's `:w`. */
export const AsMember = createParamDecorator((_data: unknown, context: ExecutionContext): Membership => {
  const request: object = context.switchToHttp().getRequest();
  return must(known.get(request)?.membership, 'a route with :w has a membership');
});
