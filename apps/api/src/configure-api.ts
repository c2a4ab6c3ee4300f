import type { NestFastifyApplication } from '@nestjs/platform-fastify';

import { isOpen } from './access/authenticator.js';
import type { ApiParts } from './api.module.js';
import type { Request } from './requests/http.js';

/**
 * Completes the HTTP side: who asks is found out before a body is read, so that nobody without a token can make us parse one;
 * and the routes are described.
 */
export const configureApi =
  ({ authenticator, openApi }: Pick<ApiParts, 'authenticator' | 'openApi'>) =>
  (app: NestFastifyApplication): void => {
    app
      .getHttpAdapter()
      .getInstance()
      .addHook('onRequest', (raw: unknown, _reply: unknown, done: (error?: Error) => void) => {
        const request = raw as Request;
        try {
          if (!isOpen(request)) request.requester = authenticator.identify(request);
          done();
        } catch (error) {
          done(error as Error);
        }
      });
    openApi.describe(app);
  };
