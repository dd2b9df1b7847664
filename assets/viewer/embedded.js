// The frame inside <activity-log>: holds the token in memory, sends it with every request, and speaks with the page around.
// Deliberately absent: any other place for the token, and any answer to anyone but the page that the address names.
'use strict';
(() => {
  const host = document.querySelector('meta[name="al-host"]').content;
  const root = document.documentElement;
  const find = (selector, within = document) => within.querySelector(selector);
  const say = (message) => parent.postMessage(message, host);
  // What the page around is asked for, in the order of its answer: attributes, else variables that begin with --al-.
  const names = ['token', 'theme', 'accent', 'lang', 'height', 'page', 'ground', 'text', 'muted', 'line', 'font', 'radius'];
  const WORDS_MS = 700;     // A token that comes sooner renews the session without a word.
  const TRIES_MAX = 2;      // So many tokens in a row that do not work are replaced without being asked.

  // The session.
  let token = '';
  let lang = '';
  let reader = '';          // Who reads which log, once it is there.
  let pending = null;       // What waits for another token.
  let tries = 0;            // Tokens in a row that did not work.
  let waiting = 0;          // The timer of the words.
  const headers = () => ({ 'Everlog-Embedder': host, ...(token && { Authorization: `Bearer ${token}` }), ...(lang && { 'Everlog-Language': lang }) });
  // For other scripts: what every request carries, and what to do with an answer of 401 and with what was asked.
  globalThis.al = { headers, refused };
  root.classList.add('al-framed');

  async function begin() {
    const sent = token;
    let answer;
    try {
      answer = await fetch('/embed', { method: 'POST', headers: headers() });
    } catch {
      return setTimeout(() => { if (sent === token) begin(); }, 3000);
    }
    if (sent !== token) return;
    if (answer.status === 401) return refused(answer, begin, sent);
    if (!answer.ok) return write(await answer.text());
    const told = await answer.json();
    const now = JSON.stringify(told);
    const again = pending;
    pending = null;
    tries = 0;
    if (reader !== now) {
      reader = now;
      await load(told.log, { replace: 'true' });
      if (sent === token) say({ event: 'ready' });
    } else {
      again?.();
    }
  }

  function refused(response, retry, sent = token) {
    if (sent !== token) return retry();
    pending = retry;
    if (waiting) return;
    tries += 1;
    if (tries <= TRIES_MAX) say({ event: 'token-expired' });
    waiting = setTimeout(async () => tell(await response.text()), tries <= TRIES_MAX ? WORDS_MS : 0);
  }

  function admit(next) {
    if (next === token) return;
    token = next;
    clearTimeout(waiting);
    waiting = 0;
    find('#al-ended')?.remove();
    if (token) return begin();
    // The page around took the token back: what was read goes with it.
    reader = '';
    pending = null;
    document.body.replaceChildren();
  }

  // The words of an answer over whatever is there, until another token comes.
  function tell(html) {
    find('#al-ended')?.remove();
    const dialog = document.createElement('dialog');
    dialog.id = 'al-ended';
    dialog.className = 'al-dialog al-ended';
    dialog.append(find('.al-empty', new DOMParser().parseFromString(html, 'text/html')) ?? '');
    const title = find('h1, h2', dialog);
    if (title) { title.id = 'al-ended-title'; dialog.setAttribute('aria-labelledby', title.id); }
    dialog.addEventListener('cancel', (event) => event.preventDefault());
    const renew = find('[data-renew]', dialog);
    if (renew) {
      renew.hidden = false;
      renew.addEventListener('click', () => say({ event: 'token-expired' }));
    }
    document.body.append(dialog);
    dialog.showModal();
  }

  // A whole page in the place of this one.
  function load(path, how) {
    return htmx.ajax('GET', path, { target: document.body, swap: 'outerSync', ...how });
  }
  function write(html) {
    const page = new DOMParser().parseFromString(html, 'text/html');
    document.title = page.title;
    document.body.replaceChildren(...page.body.childNodes);
    htmx.process(document.body);
  }

  // The head of a page that came as a body: its language, and the scripts that are not here yet.
  function adopt(html) {
    const page = new DOMParser().parseFromString(html, 'text/html');
    root.lang = page.documentElement.lang;
    root.dir = page.documentElement.dir;
    say({ title: page.title });
    for (const { src } of page.head.querySelectorAll('script[src]')) {
      if ([...document.scripts].some((script) => script.src === src)) continue;
      const script = document.createElement('script');
      script.src = src;
      script.async = false;
      document.head.append(script);
    }
  }

  document.addEventListener('htmx:before:request', ({ detail: { ctx } }) => { Object.assign(ctx.request.headers, headers()); });
  document.addEventListener('htmx:before:response', (event) => {
    const { ctx } = event.detail;
    if (ctx.response.status !== 401) return;
    event.preventDefault();
    const { sourceElement: source, target, swap, push, replace } = ctx;
    const again = () => htmx.ajax(ctx.request.method, ctx.request.action, { source: source.isConnected ? source : document.body, target, swap, push, replace });
    refused(ctx.response.raw, again, ctx.request.headers.Authorization?.slice('Bearer '.length));
  });
  document.addEventListener('htmx:after:swap', ({ detail: { ctx } }) => { if (ctx.target === document.body) adopt(ctx.text); });
  // A form that was answered by a question or a refusal has no page of its own to come back to.
  document.addEventListener('htmx:before:history:update', (event) => { if (event.detail.response?.status >= 400) event.preventDefault(); });

  // Links and forms that nothing else took: a navigation would leave the token behind.
  const isOurs = (url) => url.origin === location.origin && url.pathname.startsWith('/view/');
  function go(url) {
    const path = url.pathname + url.search;
    return load(path, path === location.pathname + location.search ? { replace: 'true' } : { push: 'true' });
  }
  addEventListener('click', (event) => {
    const link = event.target.closest?.('a[href]');
    if (!link || event.defaultPrevented || link.hasAttribute('download') || link.getAttribute('href').startsWith('#')) return;
    const url = new URL(link.href, location.href);
    if (!isOurs(url)) {
      link.target = '_blank';
      return;
    }
    event.preventDefault();
    go(url);
  });
  addEventListener('auxclick', (event) => {
    const link = event.target.closest?.('a[href]');
    if (link && isOurs(new URL(link.href, location.href))) event.preventDefault();
  });
  addEventListener('submit', (event) => {
    const form = event.target;
    if (event.defaultPrevented || form.method === 'dialog' || !isOurs(new URL(form.action, location.href))) return;
    event.preventDefault();
    htmx.ajax(form.method, form.getAttribute('action'), { source: form, event, target: document.body, swap: 'outerSync', push: 'true' });
  });

  // How it looks. Only known names, and only values that are what they should be.
  const brush = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  function rgb(colour) {
    brush.clearRect(0, 0, 1, 1);
    brush.fillStyle = '#000';
    brush.fillStyle = colour;
    brush.fillRect(0, 0, 1, 1);
    return [...brush.getImageData(0, 0, 1, 1).data].slice(0, 3);
  }
  const mix = (from, to, share) => from.map((part, at) => Math.round(part + (to[at] - part) * share));
  const css = (colour) => `rgb(${colour.join(' ')})`;
  function luminance(colour) {
    const [red, green, blue] = colour.map((part) => (part /= 255) <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  }
  function contrast(one, other) {
    const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b);
    return (light + 0.05) / (dark + 0.05);
  }
  const CONTRAST_MIN = 4.5; // WCAG 2.2 AA, text of any size.
  const WHITE = [255, 255, 255];
  const BLACK = [0, 0, 0];
  // The nearest shade of a colour that can be read on all of these grounds.
  function readable(colour, towards, grounds) {
    for (let share = 0; share < 1; share += 0.04) {
      const shade = mix(colour, towards, share);
      if (grounds.every((ground) => contrast(shade, ground) >= CONTRAST_MIN)) return shade;
    }
    return towards;
  }

  const isColour = (value) => CSS.supports('color', value) && !/\b(currentcolor|inherit|initial|unset|revert|transparent)/i.test(value);
  const isPlain = (value) => typeof value === 'string' && value.length <= 200 && !/var\(|env\(|url\(|attr\(/i.test(value);
  function set(name, value) {
    if (value) root.style.setProperty(name, value);
    else root.style.removeProperty(name);
  }
  function paint(accent) {
    const [page, raised, dark] = ['#fbfbfc', '#1a1e26', '#14171d'].map(rgb);
    const colour = accent && rgb(accent);
    const shades = !colour ? {} : (() => {
      const soft = { light: mix(WHITE, colour, 0.09), dark: mix(dark, colour, 0.22) };
      const light = readable(colour, BLACK, [page, soft.light]);
      const bright = readable(colour, WHITE, [raised, soft.dark]);
      const isWhite = contrast(colour, WHITE) >= CONTRAST_MIN;
      return {
        '--al-accent': `light-dark(${css(light)}, ${css(bright)})`,
        '--al-accent-soft': `light-dark(${css(soft.light)}, ${css(soft.dark)})`,
        '--al-accent-ground': css(colour),
        '--al-accent-hover': css(mix(colour, isWhite ? BLACK : WHITE, 0.12)),
        '--al-on-accent': isWhite ? '#fff' : '#000',
      };
    })();
    for (const name of ['--al-accent', '--al-accent-soft', '--al-accent-ground', '--al-accent-hover', '--al-on-accent']) set(name, shades[name]);
  }
  function look(told) {
    const is = (name, test) => isPlain(told[name]) && test(told[name].trim()) ? told[name].trim() : '';
    set('color-scheme', is('theme', (value) => value === 'light' || value === 'dark'));
    paint(is('accent', isColour));
    for (const name of ['page', 'ground', 'text', 'muted', 'line']) set(`--al-${name}`, is(name, isColour));
    set('--al-font', is('font', (value) => CSS.supports('font-family', value)));
    set('--al-radius', is('radius', (value) => CSS.supports('border-start-start-radius', value)));
    const height = is('height', (value) => value === 'auto' || /^\d{1,5}px$/.test(value));
    isAuto = height === 'auto';
    root.classList.toggle('al-auto', isAuto);
    if (isAuto) measure();
    else say({ height: height || '720px' });
    const wanted = is('lang', (value) => /^[a-z]{2,8}(-[a-z0-9]{1,8})*$/i.test(value));
    const isOther = wanted !== lang && reader;
    lang = wanted;
    if (isOther) load(location.pathname + location.search, { replace: 'true' });
  }

  // As high as what is in it, when the page around wants that: an open menu is in it too, and beside a dialog there is room
  // for it.
  const DIALOG_PX = 560;
  const EDGE_PX = 12;
  let isAuto = false;
  function measure() {
    const now = document.body.getBoundingClientRect().height;
    const open = [...document.querySelectorAll('.al-menu[open] .al-pop, .al-complete:not([hidden])')];
    const menus = open.map((it) => it.getBoundingClientRect().bottom + scrollY + EDGE_PX);
    const dialog = find('dialog[open]') ? DIALOG_PX : 0;
    const height = Math.ceil(Math.max(now, dialog, ...menus));
    if (isAuto && now) say({ height: `${height}px` });
  }
  new ResizeObserver(measure).observe(document.body);

  // Of a frame as high as its page only a part is seen. What stays in place on the screen stays in that part: the browser
  // alone knows which it is, and tells it to who begins to observe.
  function see() {
    if (!isAuto) return;
    const observer = new IntersectionObserver(([{ intersectionRect: seen }]) => {
      observer.disconnect();
      root.style.setProperty('--al-seen-top', `${Math.max(0, Math.round(seen.top))}px`);
      root.style.setProperty('--al-seen-height', `${Math.round(seen.height)}px`);
    });
    observer.observe(root);
  }
  new MutationObserver((changes) => {
    if (!isAuto) return;
    if (changes.some(({ target }) => target.matches('dialog[open]'))) see();
    measure();
  }).observe(document, { subtree: true, attributeFilter: ['open', 'hidden'] });
  addEventListener('pointerdown', see, true);
  addEventListener('keydown', see, true);

  addEventListener('message', ({ source, origin, data }) => {
    if (source !== parent || origin !== host || !Array.isArray(data)) return;
    const told = Object.fromEntries(names.map((name, at) => [name, data[at]]));
    look(told);
    admit(typeof told.token === 'string' ? told.token.trim() : '');
  });
  if (parent === window) find('[data-alone]').textContent = find('[data-alone]').dataset.alone;
  else say({ names });
})();
