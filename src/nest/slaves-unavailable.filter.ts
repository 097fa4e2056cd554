import { type ArgumentsHost, Catch, type ExceptionFilter, ServiceUnavailableException } from '@nestjs/common';
import { BaseExceptionFilter, type HttpAdapterHost } from '@nestjs/core';
import { throwError } from 'rxjs';
import { SlavesUnavailableError } from '../errors.js';

/**
 * Answers a request whose read was refused with 503 and `Retry-After`; which engines there are, and how they are doing, is
 * none of the client's business. Other contexts than HTTP get the error as it is.
 */
@Catch(SlavesUnavailableError)
export class SlavesUnavailableFilter implements ExceptionFilter<SlavesUnavailableError> {
  constructor(private readonly adapterHost: HttpAdapterHost) {}

  catch(error: SlavesUnavailableError, host: ArgumentsHost): unknown {
    const type = host.getType<string>();
    if (type === 'rpc') return throwError(() => error);
    if (type !== 'http') throw error;
    const { httpAdapter } = this.adapterHost;
    const response = host.switchToHttp().getResponse<object>();
    if (!httpAdapter.isHeadersSent(response))
      httpAdapter.setHeader(response, 'Retry-After', String(error.retryAfterSeconds));
    return new BaseExceptionFilter(httpAdapter).catch(new ServiceUnavailableException(), host);
  }
}
