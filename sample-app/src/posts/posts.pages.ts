import { type Html, html } from '../page/html.js';
import { layout } from '../page/layout.js';
import type { NewPost, Post, PostList, Report } from './post.js';

export function listPage({ posts, servedBy }: PostList): Html {
  return layout(
    'Posts',
    html`${served(servedBy)} ${postForm('/posts', 'Post')} <ol class="posts">${postItems(posts)}</ol>`,
  );
}

export function postPage(post: Post): Html {
  const remove = html`<details>
      <summary>Delete…</summary>
      <form method="post" action="/posts/${post.id}/delete">
        <p>Post ${post.id} will be gone for everybody.</p>
        <button class="danger">Delete it</button>
      </form>
    </details>`;
  return layout(`Post ${post.id}`, html`${postForm(`/posts/${post.id}/change`, 'Save', post)} ${remove}`);
}

export function reportPage({ posts, authors, servedBy }: Report): Html {
  const rows = authors.map(
    ({ author, posts: written }) => html`<tr><th scope="row">${author}</th><td>${written}</td></tr>`,
  );
  return layout(
    'Report',
    html`${served(servedBy)}
    <p>Posts: ${posts}</p>
    <table>
      <caption>Who wrote most</caption>
      <tr><th scope="col">Name</th><th scope="col">Posts</th></tr>
      ${rows}
    </table>`,
  );
}

function served(by: string): Html {
  return html`<p class="served">Read from <strong>${by}</strong></p>`;
}

export function postItems(posts: readonly Post[]): readonly Html[] {
  return posts.length > 0 ? posts.map(item) : [html`<li class="none">Nothing yet: write the first one.</li>`];
}

function item({ id, author, text, created_at }: Post): Html {
  const time = created_at.toISOString();
  return html`<li aria-label="Post ${id}">
      <strong>${author}</strong>
      <time datetime="${time}">${time.slice(0, 16).replace('T', ' ')} UTC</time>
      <a href="/posts/${id}" aria-label="Change post ${id}">Change</a>
      <p>${text}</p>
    </li>`;
}

/** A line break right after a textarea's start is dropped, so that one of the text's own is not. */
export function postForm(
  action: string,
  button: string,
  { author, text }: NewPost = { author: '', text: '' },
): Html {
  return html`<form method="post" action="${action}">
      <label>Name <input name="author" value="${author}" required maxlength="80" autocomplete="name"></label>
      <label>Text <textarea name="text" required maxlength="2000" rows="3">
${text}</textarea></label>
      <button>${button}</button>
    </form>`;
}
