import { readFile } from 'node:fs/promises';
import { Controller, Get, Header } from '@nestjs/common';

const PUBLIC = new URL('../../public/', import.meta.url);

/** The style and the script of the pages. */
@Controller('assets')
export class AssetsController {
  @Get('board.css')
  @Header('Content-Type', 'text/css; charset=utf-8')
  style(): Promise<string> {
    return readFile(new URL('board.css', PUBLIC), 'utf8');
  }

  @Get('board.js')
  @Header('Content-Type', 'text/javascript; charset=utf-8')
  script(): Promise<string> {
    return readFile(new URL('board.js', PUBLIC), 'utf8');
  }
}
