import { type Html, html } from './html.js';

/** The frame of every page. */
export function layout(title: string, content: Html): Html {
  return html`<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <meta name="color-scheme" content="light dark">
  <link rel="icon" href="data:,">
  <link rel="stylesheet" href="/assets/board.css">
  <title>${title} – nestjs-database-routing</title>
</head>
<body>
  <header>
    <nav aria-label="Pages">
      <a href="/">Board</a> <a href="/posts">Posts</a> <a href="/posts?m=1">From the master (?m=1)</a>
      <a href="/posts/report">Report</a>
    </nav>
  </header>
  <main>
    <h1>${title}</h1>
    ${content}
  </main>
</body>
</html>
`;
}
