import { BadRequestException, Injectable, type PipeTransform } from '@nestjs/common';

/** The highest that PostgreSQL's `integer` holds. */
const HIGHEST_ID = 2_147_483_647;

@Injectable()
export class PostIdPipe implements PipeTransform<string, number> {
  transform(text: string): number {
    const id = Number(text);
    if (/^\d{1,10}$/.test(text) && id >= 1 && id <= HIGHEST_ID) return id;
    throw new BadRequestException(`A post's id is a number from 1 to ${HIGHEST_ID}`);
  }
}
