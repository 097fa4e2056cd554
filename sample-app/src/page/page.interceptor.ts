import {
  type CallHandler,
  type ExecutionContext,
  type NestInterceptor,
  UseInterceptors,
} from '@nestjs/common';
import { map, type Observable } from 'rxjs';
import type { Html } from './html.js';
import { wantsPage } from './wants-page.js';

class PageInterceptor<Result> implements NestInterceptor<Result, Result | string> {
  constructor(private readonly render: (result: Result) => Html) {}

  intercept(context: ExecutionContext, next: CallHandler<Result>): Observable<Result | string> {
    const answer = next.handle();
    return wantsPage(context) ? answer.pipe(map((result) => this.render(result).text)) : answer;
  }
}

type Handler<Result> = TypedPropertyDescriptor<(...args: never[]) => Promise<Result>>;

/** Shows people a page of what programs get as JSON. */
export function Page<Result>(render: (result: Result) => Html) {
  return (target: object, key: string, handler: Handler<Result>): void => {
    UseInterceptors(new PageInterceptor(render))(target, key, handler);
  };
}
