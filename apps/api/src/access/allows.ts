import { applyDecorators, SetMetadata } from '@nestjs/common';
import { ApiBearerAuth, ApiResponse } from '@nestjs/swagger';
import type { Role } from '@syncline/domain';
import { z } from 'zod';

/** Where the guard finds the role that a route asks for. */
export const allowedRole = 'syncline:allowed-role';

const problem = z.object({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  detail: z.string(),
  code: z.string(),
});

/** The route may be used by this role and those above it. A route without this is closed to everyone. */
export const Allows = (role: Role): MethodDecorator & ClassDecorator =>
  applyDecorators(
    SetMetadata(allowedRole, role),
    ApiBearerAuth(),
    ApiResponse({ status: 'default', description: 'Problem details (RFC 9457).', standardSchema: problem }),
  );
