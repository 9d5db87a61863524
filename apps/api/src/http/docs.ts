import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { PROTOCOL_VERSION } from '@tidemark/protocol';
import { describeAnswers } from './answers.ts';
import { Refusal } from './refusal.ts';

const ASSETS: Readonly<Record<string, string>> = {
  'swagger-ui.css': 'text/css; charset=utf-8',
  'swagger-ui-bundle.js': 'text/javascript; charset=utf-8',
  'favicon-32x32.png': 'image/png',
};

const PAGE = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <title>Tidemark: what a device and a server say to each other</title>
    <link rel="stylesheet" href="docs/swagger-ui.css" />
    <link rel="icon" type="image/png" href="docs/favicon-32x32.png" />
  </head>
  <body>
    <div id="page"></div>
    <script src="docs/swagger-ui-bundle.js"></script>
    <script>SwaggerUIBundle({ url: 'docs-json', dom_id: '#page', deepLinking: true });</script>
  </body>
</html>
`;

/**
 * The OpenAPI page at `/docs`, made from the schemas that requests are checked against and answers are read with; `openapi.json` is a copy of it. What makes it is loaded when it is first asked for:
 * most servers are never asked, and it takes some ten megabytes.
 */
export function addDocs(app: NestFastifyApplication): void {
  const fastify = app.getHttpAdapter().getInstance();
  let document: Promise<unknown> | undefined;
  fastify.get('/docs', (_request, reply) => reply.type('text/html; charset=utf-8').send(PAGE));
  fastify.get('/docs-json', () => (document ??= documentOf(app)));
  fastify.get<{ Params: { asset: string } }>('/docs/:asset', async (request, reply) => {
    const { asset } = request.params;
    const type = Object.hasOwn(ASSETS, asset) ? ASSETS[asset] : undefined;
    if (type === undefined) throw new Refusal('NOT_FOUND', 'the page has no such part');
    const swagger = createRequire(createRequire(import.meta.url).resolve('@nestjs/swagger'));
    return reply.type(type).send(await readFile(swagger.resolve(`swagger-ui-dist/${asset}`)));
  });
}

async function documentOf(app: NestFastifyApplication): Promise<unknown> {
  const { DocumentBuilder, SwaggerModule } = await import('@nestjs/swagger');
  const about = new DocumentBuilder()
    .setTitle('Tidemark')
    .setDescription('What a device and a server say to each other. Every refusal is Problem Details (RFC 9457) with a stable `code`.')
    .setVersion(String(PROTOCOL_VERSION))
    .addBearerAuth()
    .build();
  const document = SwaggerModule.createDocument(app, about);
  describeAnswers(document);
  return document;
}
