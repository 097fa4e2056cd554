import { type Html, html } from '../page/html.js';
import { layout } from '../page/layout.js';
import type { NewPost, Post, PostList, Report } from './post.js';

export function listPage({ posts, servedBy }: PostList): Html {
  const list = posts.length > 0 ? posts.map(article) : html`<p>Nothing yet: write the first one.</p>`;
  return layout('Posts', html`${served(servedBy)} ${form('/posts', 'Post')} ${list}`);
}

export function postPage(post: Post): Html {
  const remove = html`<form method="post" action="/posts/${post.id}/delete"><button>Delete</button></form>`;
  return layout(`Post ${post.id}`, html`${form(`/posts/${post.id}/change`, 'Save', post)} ${remove}`);
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

function article({ id, author, text, created_at }: Post): Html {
  const time = created_at.toISOString();
  return html`<article aria-label="Post ${id}">
      <strong>${author}</strong>
      <time datetime="${time}">${time.slice(0, 16).replace('T', ' ')} UTC</time>
      <a href="/posts/${id}" aria-label="Change post ${id}">Change</a>
      <p>${text}</p>
    </article>`;
}

/** A line break right after a textarea's start is dropped, so that one of the text's own is not. */
function form(action: string, button: string, { author, text }: NewPost = { author: '', text: '' }): Html {
  return html`<form method="post" action="${action}">
      <label>Name <input name="author" value="${author}" required maxlength="80" autocomplete="name"></label>
      <label>Text <textarea name="text" required maxlength="2000" rows="3">
${text}</textarea></label>
      <button>${button}</button>
    </form>`;
}
