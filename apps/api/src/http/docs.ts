import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import { PROTOCOL_VERSION } from '@tidemark/protocol';

/** The OpenAPI page at `/docs`, made from the schemas that requests are checked against; worked out when first asked for. */
export function addDocs(app: NestFastifyApplication): void {
  const about = new DocumentBuilder()
    .setTitle('Tidemark')
    .setDescription('What a device and a server say to each other. Every refusal is Problem Details (RFC 9457) with a stable `code`.')
    .setVersion(String(PROTOCOL_VERSION))
    .addBearerAuth()
    .build();
  SwaggerModule.setup('docs', app, () => SwaggerModule.createDocument(app, about));
}
