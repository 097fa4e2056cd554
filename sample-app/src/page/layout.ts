import { type Html, html } from './html.js';

/** The frame of every page. */
export function layout(title: string, content: Html): Html {
  return html`<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width">
  <link rel="icon" href="data:,">
  <title>${title} – Message board</title>
  <style>
    :root { color-scheme: light dark; font: 1.0625rem/1.5 system-ui, sans-serif }
    body { max-width: 42rem; margin: 0 auto; padding: 1rem }
    nav { display: flex; flex-wrap: wrap; gap: 0.5rem 1.5rem }
    label { display: block; margin-top: 0.75rem }
    input, textarea { box-sizing: border-box; width: 100%; padding: 0.5rem; font: inherit }
    button { margin-top: 0.75rem; padding: 0.4rem 1rem; font: inherit }
    article { margin-top: 1rem; padding-top: 1rem; border-top: 1px solid }
    article p { margin: 0.25rem 0; white-space: pre-wrap; overflow-wrap: anywhere }
    .served { padding: 0.5rem 0.75rem; border-left: 0.25rem solid }
    table, caption { border-spacing: 0; text-align: left }
    th, td { padding: 0.25rem 2rem 0.25rem 0; overflow-wrap: anywhere }
  </style>
</head>
<body>
  <nav aria-label="Pages">
    <a href="/posts">Posts</a> <a href="/posts/fresh">Fresh posts</a> <a href="/posts/report">Report</a>
  </nav>
  <main>
    <h1>${title}</h1>
    ${content}
  </main>
</body>
</html>
`;
}
