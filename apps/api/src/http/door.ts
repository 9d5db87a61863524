import { Injectable } from '@nestjs/common';
import { parseWorkspaceId } from '@tidemark/domain';
import { PROTOCOL_HEADER, PROTOCOL_VERSION } from '@tidemark/protocol';
import { DeviceDirectory } from '../metadata/devices/device-directory.ts';
import { WorkspaceViews } from '../metadata/write-model/workspace-views.ts';
import { remember } from './asking.ts';
import { Refusal, workspaceNotFound } from './refusal.ts';

/** What the door looks at; a Fastify request has it. */
export interface Knocking {
  readonly id: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly params: unknown;
  readonly routeOptions: { readonly url?: string | undefined };
}

/** The routes that are open to everybody; every other one, also one that is added tomorrow, is not. */
const OPEN_ROUTES: readonly RegExp[] = [
  /^GET \/(healthz|readyz|metrics)$/,
  /^GET \/docs(-json|\/:asset)?$/,
  /^POST \/v1\/devices\/link$/,
  // The page's own files, which hold nothing of anybody's.
  /^GET \/(icon\.svg|assets\/:file)?$/,
];

const isOpen = (method: string, route: string): boolean =>
  OPEN_ROUTES.some((open) => open.test(`${method === 'HEAD' ? 'GET' : method} ${route}`));

/**
 * Where every request comes in, before a byte of its body is read: the protocol is one we speak, the device is linked, and where the route names
 * a workspace (`:w`) its account is a member, as the caught-up write model has it.
 */
@Injectable()
export class Door {
  constructor(
    private readonly devices: DeviceDirectory,
    private readonly views: WorkspaceViews,
  ) {}

  /** @throws {Refusal} */
  async letIn(request: Knocking): Promise<void> {
    const route = request.routeOptions.url;
    if (route === undefined) return; // answered with 404 by whoever comes next
    mustSpeakOurs(request.headers[PROTOCOL_HEADER]);
    if (isOpen(request.method, route)) return;
    const { device, account, name } = await this.devices.authenticate(tokenOf(request.headers['authorization']));
    remember(request, { asker: { device, account, deviceName: name, correlationId: request.id } });
    const params = request.params as Readonly<Record<string, string | undefined>>;
    if (!/:w(\/|$)/.test(route)) return;
    const workspace = parseWorkspaceId(params['w'] ?? '');
    const role = workspace === undefined ? undefined : await this.views.roleOf(workspace, account);
    if (workspace === undefined || role === undefined) throw workspaceNotFound();
    remember(request, { membership: { workspace, role } });
  }
}

function tokenOf(header: string | readonly string[] | undefined): string {
  const token = typeof header === 'string' ? /^Bearer (\S+)$/i.exec(header)?.[1] : undefined;
  if (token === undefined)
    throw new Refusal('TOKEN_MISSING', 'the request names no token (Authorization: Bearer …); link this device with a code first');
  return token;
}

/** This version and the one before; who does not say is taken to speak this one. */
function mustSpeakOurs(header: string | readonly string[] | undefined): void {
  if (header === undefined) return;
  const version = Number(header);
  if (version === PROTOCOL_VERSION || version === PROTOCOL_VERSION - 1) return;
  throw new Refusal(
    'PROTOCOL_UNSUPPORTED',
    `this server speaks version ${PROTOCOL_VERSION} of the protocol and the one before; update ${version > PROTOCOL_VERSION ? 'the server' : 'this device'}`,
  );
}
