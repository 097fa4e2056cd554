// The servers, and two clients that read the same list: this browser, which carries a bookmark, and one that carries nothing.
const LOOK_EVERY_MS = 700;
/** The lists are read as often for so long after something was done or changed, and seldom while nothing is. */
const LIVELY_MS = 10_000;
const READ_EVERY_MS = 5_000;
const DID = {
  pause: 'has stopped to replay',
  resume: 'replays again',
  freeze: 'is frozen: its connections stay open, and nothing answers',
  thaw: 'is thawed',
  kill: 'was killed',
  restart: 'was started anew',
  start: 'is there again',
  promote: 'is the master now',
};
const WORDS = {
  pause: 'Pause',
  resume: 'Resume',
  freeze: 'Freeze',
  thaw: 'Thaw',
  kill: 'Kill',
  restart: 'Restart',
  start: 'Start',
  promote: 'Promote',
};

const $ = (selector) => document.querySelector(selector);
const [panel, you, other] = [$('#servers'), $('#you'), $('#other')];
const [slider, shown, done] = [$('#delay'), $('.delay output'), $('#done')];

/** The id of what this page's user wrote last. */
let written;
/** The servers as they were looked at last. */
let servers = [];
let isDoing = false;
let livelyUntilMs = 0;
let readAtMs = -Infinity;

const isLively = () => (livelyUntilMs = performance.now() + LIVELY_MS);

function element(name, { text, ...attributes } = {}, children = []) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...(text === undefined ? children : [text]));
  return made;
}

/** Neither cookies come along nor are they kept: nothing is told of this page's user. */
const ask = (path, init) => fetch(path, { credentials: 'omit', ...init });

/** The list as a client gets it: what is on it, who answered, and why. */
async function list(credentials) {
  const response = await fetch('/posts?limit=8', { credentials, headers: { accept: 'application/json' } });
  if (!response.ok) throw new Error((await response.json()).message);
  const { posts } = await response.json();
  const [, engine, reason] = /^([^;]+);reason=([^,]+)/.exec(response.headers.get('database-engine')) ?? [];
  return { posts, engine, reason };
}

function inWords(names) {
  return names.length < 2 ? (names[0] ?? '') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}

/** Slaves that really don't have it: each was asked past the routing. */
function without(id) {
  return servers.filter(({ role, newest }) => role === 'slave' && (newest ?? 0) < id).map(({ name }) => name);
}

const has = (posts, id) => posts.some((post) => post.id === id);

function saysOfYou({ posts, engine }) {
  if (written === undefined) return `This list came from ${engine}.`;
  if (!has(posts, written)) return `${engine} answered, and what you wrote is not in it.`;
  const missing = without(written);
  if (missing.length === 0)
    return `You wrote this, and you see it. ${engine} showed it, and all slaves have it by now.`;
  const verb = missing.length > 1 ? 'do' : 'does';
  return `You wrote this, and you see it. ${inWords(missing)} ${verb} not have it yet: ${engine} showed it.`;
}

function saysOfOther({ posts, engine }) {
  if (written === undefined) return `This list came from ${engine}.`;
  return has(posts, written)
    ? `${engine} answered, and has what you wrote.`
    : `${engine} answered. What you wrote is missing here: a client without a bookmark sees something old.`;
}

function show(section, { posts }, text, isStale) {
  const says = section.querySelector('.says');
  says.classList.toggle('stale', isStale);
  if (says.textContent !== text) says.textContent = text;
  const items = posts.map(({ id, author, text: words, created_at: at }) =>
    element('li', { 'aria-label': `Post ${id}`, class: id === written ? 'mine' : '' }, [
      element('strong', { text: author }),
      ' ',
      element('time', { datetime: at, text: `${at.slice(0, 16).replace('T', ' ')} UTC` }),
      ' ',
      element('a', { href: `/posts/${id}`, 'aria-label': `Change post ${id}`, text: 'Change' }),
      element('p', { text: words }),
    ]),
  );
  if (items.length === 0)
    items.push(element('li', { class: 'none', text: 'Nothing yet: write the first one.' }));
  const isFocused = section.querySelector('.posts').contains(document.activeElement);
  if (!isFocused) section.querySelector('.posts').replaceChildren(...items);
}

async function read() {
  readAtMs = performance.now();
  const [mine, theirs] = await Promise.all([list('same-origin'), list('omit')]);
  show(you, mine, saysOfYou(mine), false);
  show(other, theirs, saysOfOther(theirs), written !== undefined && !has(theirs.posts, written));
  other.hidden = false;
}

function factsOf({ because, lagMs, newest, role }) {
  if (because) return because[0].toUpperCase() + because.slice(1);
  const late =
    role === 'slave' && lagMs > 0
      ? `, ${lagMs < 1000 ? `${lagMs} ms` : `${(lagMs / 1000).toFixed(1)} s`} behind`
      : '';
  return `Newest post: ${newest ?? 'none'}${late}`;
}

function moodOf({ state, role, lagMs }) {
  if (['stopped', 'frozen', 'down', 'foreign'].includes(state)) return 'out';
  return state === 'up' && !(role === 'slave' && lagMs > 500) ? '' : 'late';
}

function card(server) {
  const { name, role, state, actions } = server;
  const buttons = actions.map((action) => {
    const button = element('button', {
      type: 'button',
      'aria-label': `${WORDS[action]} ${name}`,
      text: WORDS[action],
    });
    button.disabled = isDoing;
    button.addEventListener('click', () => act(name, action));
    return button;
  });
  return element('article', { 'aria-label': name, 'data-name': name, class: moodOf(server) }, [
    element('header', {}, [
      element('h3', { text: name }),
      element('span', { class: 'role', text: role }),
      element('span', { class: 'state', text: state }),
    ]),
    element('p', { class: 'facts', text: factsOf(server) }),
    element('div', { class: 'buttons' }, buttons),
  ]);
}

function showServers(view) {
  if (written !== undefined && without(written).length > 0) isLively();
  servers = view.servers;
  panel.hidden = view.delayMs === null;
  const cards = panel.querySelector('.cards');
  const focused = cards.contains(document.activeElement)
    ? document.activeElement.getAttribute('aria-label')
    : undefined;
  cards.replaceChildren(...servers.toSorted((a, b) => a.name.localeCompare(b.name)).map(card));
  if (focused)
    [...cards.querySelectorAll('button')].find((one) => one.getAttribute('aria-label') === focused)?.focus();
  if (document.activeElement !== slider) slider.value = view.delayMs / 1000;
  shown.value = `${slider.value} s`;
}

async function look() {
  const response = await ask('/servers');
  if (response.ok) showServers(await response.json());
}

async function send(path, body) {
  isLively();
  isDoing = true;
  for (const button of panel.querySelectorAll('button')) button.disabled = true;
  try {
    const response = await ask(path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body ?? {}),
    });
    const answer = await response.json();
    if (!response.ok) throw new Error(answer.message);
    return answer;
  } finally {
    isDoing = false;
  }
}

async function act(name, action) {
  done.textContent = `${name}: ${WORDS[action].toLowerCase()}…`;
  try {
    showServers(await send(`/servers/${name}/${action}`));
    done.textContent = `${name} ${DID[action]}.`;
  } catch (error) {
    done.textContent = error.message;
  }
}

slider.addEventListener('input', () => (shown.value = `${slider.value} s`));
slider.addEventListener('change', async () => {
  const seconds = Number(slider.value);
  try {
    showServers(await send('/servers/delay', { ms: seconds * 1000 }));
    done.textContent = seconds > 0 ? `Slaves replay ${seconds} s late.` : 'Slaves replay at once.';
  } catch (error) {
    done.textContent = error.message;
  }
});

$('#you form').addEventListener('submit', async (event) => {
  event.preventDefault();
  const form = event.currentTarget;
  const button = form.querySelector('button');
  button.disabled = true;
  try {
    const response = await fetch('/posts', {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/json' },
      body: JSON.stringify(Object.fromEntries(new FormData(form))),
    });
    const answer = await response.json();
    if (!response.ok) throw new Error(answer.message);
    written = answer.id;
    isLively();
    form.elements.text.value = '';
    await look();
    await read();
  } catch (error) {
    you.querySelector('.says').textContent = `That did not work: ${error.message}.`;
  } finally {
    button.disabled = false;
  }
});

/** One round after the other, and none while nobody looks. */
async function follow() {
  if (!document.hidden && !isDoing) {
    try {
      await look();
      const nowMs = performance.now();
      if (nowMs < livelyUntilMs || nowMs - readAtMs > READ_EVERY_MS) await read();
    } catch (error) {
      you.querySelector('.says').textContent = `No answer: ${error.message}.`;
    }
  }
  setTimeout(() => void follow(), LOOK_EVERY_MS);
}
void follow();
