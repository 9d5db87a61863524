import { StandardSchemaValidationPipe } from '@nestjs/common';
import { Refusal } from './refusal.ts';

const ISSUES_MAX = 20;

/** Requests are checked against the schemas of the protocol; what does not fit is refused with where and why. */
export const schemaPipe = (): StandardSchemaValidationPipe =>
  new StandardSchemaValidationPipe({
    exceptionFactory: (issues) =>
      new Refusal(
        'REQUEST_INVALID',
        'the request does not have the shape that the protocol gives it; see issues',
        issues.slice(0, ISSUES_MAX).map(({ path, message }) => ({
          path: (path ?? []).map((part) => String(typeof part === 'object' ? part.key : part)).join('.'),
          message,
        })),
      ),
  });
