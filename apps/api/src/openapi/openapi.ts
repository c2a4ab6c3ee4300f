import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';

/** Holds the OpenAPI document, which can be made only when every route is known. */
export class OpenApi {
  #document: OpenAPIObject | undefined;

  /** Makes the document from the routes of the application. */
  describe(app: INestApplication): void {
    const about = new DocumentBuilder()
      .setTitle('Syncline')
      .setDescription(
        'GitOps delivery with a memory. Errors are problem details (RFC 9457) with a stable `code`.',
      )
      .setVersion('1')
      .addBearerAuth()
      .build();
    this.#document = SwaggerModule.createDocument(app, about, {
      operationIdFactory: (controller, method) => `${controller.replace(/Controller$/, '')}.${method}`,
    });
  }

  get document(): OpenAPIObject {
    if (!this.#document) throw new TypeError('the routes are not described yet');
    return this.#document;
  }
}
