import { BadRequestException, Injectable, type PipeTransform } from '@nestjs/common';
import type { NewPost } from './post.js';

/** By field, how long it may be. */
const FIELDS = { author: 80, text: 2000 } satisfies Record<keyof NewPost, number>;

/** Both fields of a post. */
@Injectable()
export class NewPostPipe implements PipeTransform<unknown, NewPost> {
  transform(body: unknown): NewPost {
    const { author, text } = fieldsOf(body);
    return { author: checked('author', author), text: checked('text', text) };
  }
}

/** One field of a post, or both. */
@Injectable()
export class PostChangesPipe implements PipeTransform<unknown, Partial<NewPost>> {
  transform(body: unknown): Partial<NewPost> {
    const { author, text } = fieldsOf(body);
    if (author === undefined && text === undefined)
      throw new BadRequestException('Nothing to change: send author, text, or both');
    return {
      ...(author !== undefined && { author: checked('author', author) }),
      ...(text !== undefined && { text: checked('text', text) }),
    };
  }
}

function fieldsOf(body: unknown): Partial<Record<keyof NewPost, unknown>> {
  if (typeof body !== 'object' || body === null) throw new BadRequestException('Send author and text');
  const unknown = Object.keys(body).find((key) => !Object.hasOwn(FIELDS, key));
  if (unknown !== undefined)
    throw new BadRequestException(`There is no field '${unknown}', only author and text`);
  return body;
}

function checked(name: keyof NewPost, value: unknown): string {
  const text = typeof value === 'string' ? value.trim() : '';
  // PostgreSQL's text holds every character but this one.
  if (text === '' || text.length > FIELDS[name] || text.includes('\0'))
    throw new BadRequestException(`${name} must be a text of 1 to ${FIELDS[name]} characters`);
  return text;
}
