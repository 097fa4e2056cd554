import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Post, Query } from '@nestjs/common';
import { WithEngine } from 'nestjs-database-routing';
import { boardPage } from '../board/board.page.js';
import { AfterForm } from '../page/after-form.interceptor.js';
import { Page } from '../page/page.interceptor.js';
import { LimitPipe } from './limit.pipe.js';
import { PostIdPipe } from './post-id.pipe.js';
import { NewPostPipe, PostChangesPipe } from './post-input.pipes.js';
import type { NewPost, Post as PostRow, PostList, Report } from './post.js';
import { listPage, postPage, reportPage } from './posts.pages.js';
import { PostsService } from './posts.service.js';

/** No master param: the browser's bookmark has its reads show what it wrote. */
const LIST_AFTER_WRITING = '/posts';

/** Posts on the first page. */
const BOARD_LIMIT = 8;

@Controller()
export class PostsController {
  constructor(private readonly posts: PostsService) {}

  @Get('/')
  @Page(boardPage)
  board(): Promise<PostList> {
    return this.posts.list(BOARD_LIMIT);
  }

  /** On a slave, or on the master when `m` is in the query. The pipe refuses unknown parameters; it never sees `m`. */
  @Get('/posts')
  @WithEngine(null, ['m'])
  @Page(listPage)
  list(@Query(LimitPipe) limit: number): Promise<PostList> {
    return this.posts.list(limit);
  }

  @Get('/posts/fresh')
  @WithEngine('master')
  @Page(listPage)
  fresh(@Query(LimitPipe) limit: number): Promise<PostList> {
    return this.posts.list(limit);
  }

  @Get('/posts/report')
  @Page(reportPage)
  report(): Promise<Report> {
    return this.posts.report();
  }

  @Get('/posts/:id')
  @WithEngine(null, ['m'])
  @Page(postPage)
  get(@Param('id', PostIdPipe) id: number): Promise<PostRow> {
    return this.posts.get(id);
  }

  @Post('/posts')
  @AfterForm(LIST_AFTER_WRITING)
  add(@Body(NewPostPipe) post: NewPost): Promise<PostRow> {
    return this.posts.add(post);
  }

  @Patch('/posts/:id')
  change(
    @Param('id', PostIdPipe) id: number,
    @Body(PostChangesPipe) changes: Partial<NewPost>,
  ): Promise<PostRow> {
    return this.posts.change(id, changes);
  }

  @Delete('/posts/:id')
  @HttpCode(204)
  remove(@Param('id', PostIdPipe) id: number): Promise<void> {
    return this.posts.remove(id);
  }

  /** Forms can only GET and POST. */
  @Post('/posts/:id/change')
  @AfterForm(LIST_AFTER_WRITING)
  changeByForm(
    @Param('id', PostIdPipe) id: number,
    @Body(PostChangesPipe) changes: Partial<NewPost>,
  ): Promise<PostRow> {
    return this.posts.change(id, changes);
  }

  @Post('/posts/:id/delete')
  @AfterForm(LIST_AFTER_WRITING)
  removeByForm(@Param('id', PostIdPipe) id: number): Promise<void> {
    return this.posts.remove(id);
  }
}
