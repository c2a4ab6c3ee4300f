import { Controller, Get, Header, Inject } from '@nestjs/common';
import { ApiExcludeController, type OpenAPIObject } from '@nestjs/swagger';

import { Allows } from '../access/allows.js';
import { docsPage } from './docs-page.js';
import { OpenApi } from './openapi.js';

/** What there is to ask, for programs and for people. A browser asks its user for a token as password. */
@ApiExcludeController(false)
@Allows('viewer')
@Controller()
export class DocsController {
  constructor(@Inject(OpenApi) private readonly openApi: OpenApi) {}

  @Get('openapi.json')
  document(): OpenAPIObject {
    return this.openApi.document;
  }

  @Get('docs')
  @Header('content-type', 'text/html; charset=utf-8')
  @Header(
    'content-security-policy',
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'",
  )
  @Header('x-content-type-options', 'nosniff')
  page(): string {
    return docsPage(this.openApi.document);
  }
}
