import type { ExecutionContext, ArgumentsHost } from '@nestjs/common';

interface NegotiatingRequest {
  accepts(types: readonly string[]): string | false;
}

interface VaryingResponse {
  vary(header: string): void;
}

/** Whether a browser asks, by the header `Accept`; programs that name no type get JSON. */
export function wantsPage(host: ExecutionContext | ArgumentsHost): boolean {
  const http = host.switchToHttp();
  http.getResponse<VaryingResponse>().vary('Accept');
  return http.getRequest<NegotiatingRequest>().accepts(['json', 'html']) === 'html';
}
