import {
  type CallHandler,
  type ExecutionContext,
  type NestInterceptor,
  UseInterceptors,
} from '@nestjs/common';
import { map, type Observable } from 'rxjs';
import { wantsPage } from './wants-page.js';

interface RedirectingResponse {
  status(code: number): this;
  location(url: string): this;
}

class AfterFormInterceptor implements NestInterceptor {
  constructor(private readonly url: string) {}

  intercept(context: ExecutionContext, next: CallHandler<unknown>): Observable<unknown> {
    const answer = next.handle();
    return wantsPage(context) ? answer.pipe(map(() => this.seeOther(context))) : answer;
  }

  private seeOther(context: ExecutionContext): void {
    context.switchToHttp().getResponse<RedirectingResponse>().status(303).location(this.url);
  }
}

/** Sends people who posted a form to a page; reloading that one posts nothing again. Programs get the answer. */
export function AfterForm(url: string): MethodDecorator {
  return UseInterceptors(new AfterFormInterceptor(url));
}
