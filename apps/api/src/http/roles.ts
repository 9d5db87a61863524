import { RequestMethod, type Type } from '@nestjs/common';
import { METHOD_METADATA, PATH_METADATA } from '@nestjs/common/constants.js';
import { FACE_ROLES, ROLES, type RoleName } from '../config.ts';
import { Refusal } from './refusal.ts';

interface Route {
  readonly method: string;
  readonly path: RegExp;
  readonly role: RoleName;
}

/** Of a browser's page, its calls, notices and contents. */
const FACE_ROUTES = [
  { method: 'GET', path: /^\/(notices|content|icon\.svg|assets\/[^/]+)?$/ },
  { method: 'POST', path: /^\/call\/[^/]+$/ },
];

/** Knows the routes of roles that this process does not have, so that who asks for one is told that another process has it. */
export class ElsewhereRoutes {
  readonly #roles: readonly RoleName[];
  readonly #routes: readonly Route[];

  constructor(roles: readonly RoleName[], controllers: Readonly<Record<RoleName, readonly Type[]>>) {
    this.#roles = roles;
    const lacking = FACE_ROLES.find((role) => !roles.includes(role));
    this.#routes = ROLES.filter((role) => !roles.includes(role)).flatMap((role) => [
      ...controllers[role].flatMap((controller) => routesOf(controller, role)),
      ...(role === lacking ? FACE_ROUTES.map((route) => ({ ...route, role })) : []),
      ...(role === 'notifications' ? [{ method: 'GET', path: /^\/socket\.io(\/|$)/, role }] : []),
    ]);
  }

  /** @throws {Refusal} `ROLE_ELSEWHERE` */
  assertHere(method: string, url: string): void {
    const [path = ''] = url.split('?', 1);
    const role = this.#routes.find((route) => route.method === method && route.path.test(path))?.role;
    if (role === undefined) return;
    throw new Refusal(
      'ROLE_ELSEWHERE',
      `this process does ${this.#roles.join(', ')}; ${role} is done by another one: the request is sent again in a moment, and if it comes here every time the proxy has to send it elsewhere`,
    );
  }
}

function routesOf(controller: Type, role: RoleName): readonly Route[] {
  const prefix = pathOf(controller);
  return Object.values(Object.getOwnPropertyDescriptors(controller.prototype as object)).flatMap(({ value }) => {
    if (typeof value !== 'function' || !Reflect.hasMetadata(METHOD_METADATA, value)) return [];
    const segments = `${prefix}/${pathOf(value as object)}`.split('/').filter((segment) => segment !== '');
    const pattern = segments
      .map((segment) => (segment.startsWith(':') ? '[^/]+' : segment.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')))
      .join('/');
    return [
      { method: RequestMethod[Reflect.getMetadata(METHOD_METADATA, value) as RequestMethod], path: new RegExp(`^/${pattern}/?$`), role },
    ];
  });
}

const pathOf = (target: object): string => String(Reflect.getMetadata(PATH_METADATA, target) ?? '');
