import { BadRequestException, Injectable, type PipeTransform } from '@nestjs/common';

const DEFAULT_LIMIT = 20;
const HIGHEST_LIMIT = 100;

/** How many posts a list has, from a query string in which nothing else may stand. */
@Injectable()
export class LimitPipe implements PipeTransform<Record<string, unknown>, number> {
  transform({ limit = String(DEFAULT_LIMIT), ...others }: Record<string, unknown>): number {
    const [unknown] = Object.keys(others);
    if (unknown !== undefined)
      throw new BadRequestException(`There is no parameter '${unknown}', only 'limit'`);
    if (typeof limit === 'string' && /^\d{1,3}$/.test(limit)) {
      const number = Number(limit);
      if (number >= 1 && number <= HIGHEST_LIMIT) return number;
    }
    throw new BadRequestException(`limit must be a number from 1 to ${HIGHEST_LIMIT}`);
  }
}
