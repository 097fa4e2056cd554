import { type ArgumentsHost, Catch, HttpException } from '@nestjs/common';
import { BaseExceptionFilter } from '@nestjs/core';
import { html } from './html.js';
import { layout } from './layout.js';
import { wantsPage } from './wants-page.js';

interface HtmlResponse {
  status(code: number): this;
  send(body: string): void;
}

/** Shows people what went wrong; programs get Nest's JSON. */
@Catch(HttpException)
export class PageExceptionFilter extends BaseExceptionFilter<HttpException> {
  override catch(exception: HttpException, host: ArgumentsHost): void {
    if (!wantsPage(host)) return super.catch(exception, host);
    const page = layout('That did not work', html`<p>${exception.message}.</p>`);
    host.switchToHttp().getResponse<HtmlResponse>().status(exception.getStatus()).send(page.text);
  }
}
