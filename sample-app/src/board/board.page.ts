import { type Html, html } from '../page/html.js';
import { layout } from '../page/layout.js';
import type { PostList } from '../posts/post.js';
import { postForm, postItems } from '../posts/posts.pages.js';

/**
 * Two clients side by side on one list, and the servers that it comes from. Without a script it is a list and a form; the script
 * brings the servers, the other client, and what really happened.
 */
export function boardPage({ posts, servedBy }: PostList): Html {
  return layout(
    'Message board',
    html`<p class="lead">A master takes what is written, two slaves answer what is read, and they may be late. Hold them back, write
      something, and look at both lists.</p>
    <section id="servers" aria-labelledby="servers-title" hidden>
      <h2 id="servers-title">Servers</h2>
      <div class="cards"></div>
      <p class="delay"><label for="delay">The slaves are late by <output for="delay">0 s</output></label>
        <input id="delay" type="range" min="0" max="10" step="0.5" value="0"></p>
      <p id="done" role="status"></p>
    </section>
    <div class="clients">
      <section id="you" aria-labelledby="you-title">
        <h2 id="you-title">You</h2>
        <p class="who">Your browser carries a bookmark: how far you have seen.</p>
        <p class="says" role="status">This list came from ${servedBy}.</p>
        ${postForm('/posts', 'Post')}
        <ol class="posts">${postItems(posts)}</ol>
      </section>
      <section id="other" aria-labelledby="other-title" hidden>
        <h2 id="other-title">A client without bookmarks</h2>
        <p class="who">It carries nothing, so it gets whatever a slave has.</p>
        <p class="says" role="status"></p>
        <ol class="posts"></ol>
      </section>
    </div>
    <script src="/assets/board.js" type="module"></script>`,
  );
}
