// Following the list: what comes in is told by the server, and the list is asked for again.
'use strict';
(() => {
  const AGAIN_MS = [1000, 2000, 4000, 8000, 16000, 30000];
  const REFRESH_MS = 1000;
  const FIGURES_MS = 5000;    // While new rows wait, what is counted of them is asked for so often at most.
  const HIDDEN_MS = 300000;   // A tab that nobody looks at stops listening, and goes on where it was.
  const TOP_PX = 24;
  const find = (selector) => document.querySelector(selector);
  const say = (id) => JSON.parse(find('#al')?.dataset.words ?? '{}')[`script-${id}`] ?? '';
  // Another page may have taken the place of the one that this script came with.
  const button = () => find('#al-live');
  const pill = () => find('#al-new');
  const list = () => new URL(find('#al-refresh').getAttribute('href'), location.href);
  const isWanted = () => Boolean(find('#al-applied input[name=live]') || find('#al-waiting'));
  let heard = null;      // The request that listens.
  let followed = '';     // The parameters of the list that is followed.
  let position = '';
  let tries = 0;
  let fresh = new Set(); // The ids of what is new and not shown.
  let refreshing;
  let counting;
  let later;

  function stop() {
    clearTimeout(later);
    clearTimeout(counting);
    counting = undefined;
    heard?.abort();
    heard = null;
  }

  async function follow() {
    stop();
    const asked = heard = new AbortController();
    const headers = { Accept: 'text/event-stream', ...(position && { 'Last-Event-ID': position }), ...(globalThis.al?.headers?.() ?? {}) };
    try {
      const answer = await fetch(`${find('#al').dataset.path}/live?${followed}`, { headers, signal: asked.signal, cache: 'no-store' });
      if ([400, 401, 403, 404].includes(answer.status)) return ended(answer, headers.Authorization);
      if (!answer.ok) throw new Error(String(answer.status));
      button()?.classList.remove('al-lost');
      await read(answer.body.pipeThrough(new TextDecoderStream()).getReader());
    } catch {
      if (asked.signal.aborted) return;
    }
    if (heard !== asked) return;
    button()?.classList.add('al-lost');
    later = setTimeout(follow, AGAIN_MS[Math.min(tries, AGAIN_MS.length - 1)] * (0.75 + Math.random() / 2));
    tries += 1;
  }

  // Messages end with an empty line; a comment alone is a sign of life.
  async function read(reader) {
    let text = '';
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      tries = 0;
      text += value;
      const messages = text.split('\n\n');
      text = messages.pop();
      messages.forEach(take);
    }
  }
  function take(message) {
    const lines = message.split('\n');
    const field = (name) => lines.find((line) => line.startsWith(`${name}:`))?.slice(name.length + 1).trimStart();
    position = field('id') ?? position;
    if (field('event') !== 'new') return;
    JSON.parse(field('data')).ids.forEach((id) => fresh.add(id));
    refreshing ??= setTimeout(arrived, REFRESH_MS);
  }

  // A session that is over says so in the page, which keeps its address; inside a frame the page around renews it.
  function ended(answer, credentials) {
    stop();
    if (answer.status === 401 && globalThis.al?.refused) return globalThis.al.refused(answer, follow, credentials?.slice('Bearer '.length));
    if (answer.status !== 400) refresh();
  }

  const isAtTop = () => {
    const { searchParams } = list();
    return !searchParams.has('cursor') && ['-time', null].includes(searchParams.get('sort')) && scrollY < TOP_PX && !find('dialog[open], .al-menu[open]');
  };
  function arrived() {
    refreshing = undefined;
    if (!fresh.size || !find('#al-refresh')) return;
    const told = say('new-events').replace('#', fresh.size.toLocaleString('en'));
    const said = find('#al-said');
    if (said) said.textContent = told;
    if (isAtTop() || find('#al-waiting')) return refresh();
    pill().textContent = told;
    pill().hidden = false;
    counting ??= setTimeout(count, FIGURES_MS);
  }
  // The rows wait for the reader; the drawing and the count do not.
  function count() {
    counting = undefined;
    if (!find('#al-above') || pill().hidden || document.hidden) return;
    const url = list();
    htmx.ajax('GET', url.pathname + url.search, { source: '#al-above', target: '#al-above', swap: 'innerHTML show:none' });
  }
  const refresh = () => ask(list());
  function ask(url) {
    return htmx.ajax('GET', url.pathname + url.search, { source: '#al-results', target: '#al-results', swap: 'innerHTML show:none' });
  }

  async function showNew() {
    const url = list();
    for (const place of ['cursor', 'row', 'sort']) url.searchParams.delete(place);
    await ask(url);
    scrollTo({ top: 0 });
    find('#al-results').focus({ preventScroll: true });
  }
  function toggle() {
    const url = list();
    if (url.searchParams.has('live')) url.searchParams.delete('live');
    else url.searchParams.set('live', '1');
    ask(url);
  }
  document.addEventListener('click', ({ target }) => {
    if (target.closest('#al-new')) showNew();
    else if (target.closest('#al-live')) toggle();
  });

  // After every change of the page: what is shown is new no longer, and another list is another question.
  function settle() {
    if (!find('#al-refresh')) return stop();   // The page is another one now.
    const waits = find('#al-waiting');
    if (waits) waits.hidden = false;
    button().hidden = false;
    button().setAttribute('aria-pressed', String(Boolean(find('#al-applied input[name=live]'))));
    const shown = [...document.querySelectorAll('#al-results tbody tr')].filter((row) => {
      const href = row.querySelector('.al-open')?.getAttribute('href') ?? '';
      const id = decodeURIComponent(href.split('/events/')[1]?.split('?')[0] ?? '');
      return fresh.has(id);
    });
    shown.forEach((row) => row.classList.add('al-new'));
    if (!list().searchParams.has('cursor')) {
      fresh = new Set();
      pill().hidden = true;
    }
    if (!isWanted()) return stop();
    const params = new URLSearchParams(list().search);
    for (const name of ['cursor', 'row', 'live']) params.delete(name);
    if (heard && params.toString() === followed) return;
    followed = params.toString();
    position = find('#al-applied').dataset.from || position;
    follow();
  }
  document.addEventListener('htmx:after:swap', ({ detail: { ctx } }) => { if (!['al-drawer-body', 'al-above'].includes(ctx.target?.id)) setTimeout(settle); });
  document.addEventListener('visibilitychange', () => {
    clearTimeout(later);
    if (document.hidden) later = setTimeout(stop, HIDDEN_MS);
    else if (isWanted() && !heard) follow();
    else if (isWanted() && button()?.classList.contains('al-lost')) follow();
  });
  addEventListener('online', () => { if (isWanted()) follow(); });
  settle();
})();
