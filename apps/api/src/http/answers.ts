import {
  changesAnswer,
  childrenAnswer,
  commitAnswer,
  commonAnswer,
  conflictsAnswer,
  deletedAnswer,
  deviceAnswer,
  devicesAnswer,
  entryAnswer,
  findAnswer,
  historyAnswer,
  inviteAnswer,
  linkAnswer,
  missingAnswer,
  packAnswer,
  problem,
  PROBLEM_MEDIA_TYPE,
  receiptAnswer,
  revisionsAnswer,
  treeAnswer,
  workspaceAnswer,
  workspacesAnswer,
} from '@tidemark/protocol';
import { assert } from '@tidemark/domain';
import { z } from 'zod';

type Answer = z.ZodType | 'bytes' | 'text' | 'figures' | 'nothing';

/** What each route answers when all is well, by the schema that devices read it with. */
const ANSWERS: Readonly<Record<string, Answer>> = {
  'get /healthz': z.object({ status: z.literal('ok') }),
  'get /readyz': 'figures',
  'get /metrics': 'text',
  'post /v1/devices/link': linkAnswer,
  'get /v1/devices/{d}': deviceAnswer,
  'delete /v1/devices/{d}': deviceAnswer,
  'post /v1/invites': inviteAnswer,
  'post /v1/workspaces': workspaceAnswer,
  'get /v1/workspaces': workspacesAnswer,
  'get /v1/workspaces/{w}': workspaceAnswer,
  'put /v1/workspaces/{w}/members/{account}': 'nothing',
  'delete /v1/workspaces/{w}/members/{account}': 'nothing',
  'post /v1/workspaces/{w}/commits': commitAnswer,
  'post /v1/workspaces/{w}/receipts': receiptAnswer,
  'post /v1/workspaces/{w}/packs': packAnswer,
  'post /v1/workspaces/{w}/chunks/missing': missingAnswer,
  'post /v1/workspaces/{w}/chunks/fetch': 'bytes',
  'get /v1/workspaces/{w}/changes': changesAnswer,
  'post /v1/workspaces/{w}/common': commonAnswer,
  'get /v1/workspaces/{w}/entries/{id}': entryAnswer,
  'get /v1/workspaces/{w}/entries/{id}/revisions': revisionsAnswer,
  'get /v1/workspaces/{w}/entries/at': entryAnswer,
  'get /v1/workspaces/{w}/deleted': deletedAnswer,
  'get /v1/workspaces/{w}/children': childrenAnswer,
  'get /v1/workspaces/{w}/find': findAnswer,
  'get /v1/workspaces/{w}/history': historyAnswer,
  'get /v1/workspaces/{w}/tree': treeAnswer,
  'get /v1/workspaces/{w}/content': 'bytes',
  'head /v1/workspaces/{w}/content': 'nothing',
  'get /v1/workspaces/{w}/entries/{id}/content': 'bytes',
  'get /v1/workspaces/{w}/conflicts': conflictsAnswer,
  'get /v1/workspaces/{w}/devices': devicesAnswer,
};

/** Without a token. */
const OPEN = new Set(['get /healthz', 'get /readyz', 'get /metrics', 'post /v1/devices/link']);

interface Operation {
  responses: Record<string, object>;
  parameters?: { readonly name: string }[];
  requestBody?: object;
  security?: readonly object[];
}
const METHODS = ['get', 'head', 'post', 'put', 'patch', 'delete'] as const;

/** As it travels: a revision is a string of digits there. */
const schemaOf = (schema: z.ZodType): object => z.toJSONSchema(schema, { io: 'input', target: 'openapi-3.0', unrepresentable: 'any' });

const BINARY = { 'application/octet-stream': { schema: { type: 'string', format: 'binary' } } };

/**
 * Puts the answers into a document that has what requests are checked against, and what no schema says: places in the path, packs, who needs a token. A route without
 * an answer, or an answer without a route, is a bug.
 */
export function describeAnswers(document: { readonly paths: object; components?: { schemas?: object } }): void {
  const left = new Set(Object.keys(ANSWERS));
  for (const [path, item] of Object.entries(document.paths) as [string, Partial<Record<(typeof METHODS)[number], Operation>>][]) {
    for (const method of METHODS) {
      const operation = item[method];
      if (operation === undefined) continue;
      const name = `${method} ${path}`;
      const answer = ANSWERS[name];
      if (answer === undefined) assert(!path.startsWith('/v1/'), `what ${name} answers is not described in answers.ts`);
      left.delete(name);
      const known = (operation.parameters ??= []);
      for (const [, place] of path.matchAll(/\{(\w+)\}/g)) if (!known.some((one) => one.name === place)) known.unshift(inPath(place ?? ''));
      if (name.endsWith('/packs')) operation.requestBody = { required: true, content: BINARY };
      operation.security = OPEN.has(name) ? [] : [{ bearer: [] }];
      const [well] = Object.keys(operation.responses);
      operation.responses = {
        [well ?? '200']: wellAnswered(answer ?? 'text'),
        default: {
          description: 'Refused, or not possible now',
          content: { [PROBLEM_MEDIA_TYPE]: { schema: { $ref: '#/components/schemas/Problem' } } },
        },
      };
    }
  }
  assert(left.size === 0, `there are no such routes: ${[...left].join(', ')}`);
  document.components = { ...document.components, schemas: { ...document.components?.schemas, Problem: schemaOf(problem) } };
}

const inPath = (name: string) => ({ name, in: 'path', required: true, schema: { type: 'string' } });

function wellAnswered(answer: Answer): object {
  if (answer === 'nothing') return { description: 'Done; no body' };
  if (answer === 'bytes') return { description: 'Bytes', content: BINARY };
  if (answer === 'text') return { description: 'Text', content: { 'text/plain': { schema: { type: 'string' } } } };
  if (answer === 'figures')
    return { description: 'Figures for operators', content: { 'application/json': { schema: { type: 'object' } } } };
  return { description: 'Answered', content: { 'application/json': { schema: schemaOf(answer) } } };
}
