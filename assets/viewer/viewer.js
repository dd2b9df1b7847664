// What the page does beyond links and forms: the drawer, keys, menus and relative times. The page works without it.
'use strict';
(() => {
  const find = (selector, root = document) => root.querySelector(selector);
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const isTyping = (element) => element.matches('input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]');
  const here = () => location.pathname + location.search;
  const words = JSON.parse(find('#al')?.dataset.words ?? '{}');
  const say = (id) => words[`script-${id}`] ?? '';
  const isEvent = (path) => /^\/view\/[^/?]+\/events\//.test(path);

  // The drawer. Opening an event adds one entry to the history; closing goes back over it.
  let list = here();      // The address of the list under the drawer.
  let current = null;     // The link whose event is shown.
  let isPushed = false;   // Whether closing has an entry to go back over.
  const drawer = () => find('#al-drawer');
  const links = () => all('#al-results .al-open');

  // The address of an event without what of it is shown.
  function plain(path) {
    const url = new URL(path, location.href);
    url.searchParams.delete('tab');
    url.searchParams.delete('all');
    return url.pathname + url.search;
  }
  const linkOf = (path) => links().find((it) => plain(it.getAttribute('href')) === plain(path));

  function show(link, history, path = link.getAttribute('href')) {
    current = link;
    const swap = { source: link, target: '#al-drawer-body', swap: 'innerHTML show:none', push: 'false', replace: 'false', ...history };
    return htmx.ajax('GET', path, swap);
  }

  // What the details do beyond links comes with the first of them: the list does not wait for it.
  function equip(src) {
    if (!src || all('script').some((it) => it.getAttribute('src') === src)) return;
    const script = document.createElement('script');
    script.src = src;
    script.async = false;
    document.head.append(script);
  }
  // The rest of what a list does comes when its first view is there.
  const later = () => find('#al')?.dataset.later?.split(' ').forEach((file) => equip(`/assets/${file}`));
  if (document.readyState !== 'complete') addEventListener('load', later, { once: true });

  function opened() {
    const dialog = drawer();
    equip(find('.al-details', dialog)?.dataset.script);
    all('tr.al-current').forEach((row) => row.classList.remove('al-current'));
    current?.closest('tr')?.classList.add('al-current');
    const place = links().indexOf(current);
    all('[data-step]', dialog).forEach((button) => reach(button, place));
    relative();
    current?.closest('tr')?.scrollIntoView({ block: 'nearest' });
    if (!dialog.open) { modal(dialog); find('#al-details-title', dialog)?.focus(); }
    stay(dialog);
    dialog.scrollTop = 0;
  }

  // A step that leads off the page is not there, and says what ends: the page, or the list.
  function reach(button, place) {
    const by = Number(button.dataset.step);
    button.disabled = place < 0 || !links()[place + by];
    if (!button.disabled) return;
    const [page, ofPage, ofList] = by > 0 ? ['#al-next', 'end-of-page', 'end-of-list'] : ['#al-previous', 'start-of-page', 'start-of-list'];
    button.title = say(place < 0 ? 'not-in-list' : find(page) ? ofPage : ofList);
    button.setAttribute('aria-label', button.title);
  }

  // What lies under a dialog does not scroll; the width of its scrollbar stays free, so that nothing moves.
  function modal(dialog) {
    const root = document.documentElement;
    root.style.setProperty('--al-gutter', `${innerWidth - root.clientWidth}px`);
    dialog.showModal();
  }

  // The row whose event was open has the focus, and is seen to have it.
  function resume() {
    current.focus({ preventScroll: true, focusVisible: true });
    current.closest('tr')?.scrollIntoView({ block: 'nearest' });
  }

  // Where the focus stands in the drawer when the next event is there: the same tab or button, else the heading.
  let stood = null;
  function stand() {
    const { id } = document.activeElement;
    const tab = all('#al-drawer .al-tabs a').indexOf(document.activeElement);
    stood = () => all('#al-drawer .al-tabs a')[tab] ?? document.getElementById(id);
  }
  function stay(dialog) {
    if (!stood) return;
    const place = stood();
    stood = null;
    const isThere = find('#al-drawer-body').contains(place) && !place.disabled;
    (isThere ? place : find('#al-details-title', dialog))?.focus({ preventScroll: true });
  }

  function step(by) {
    const next = links()[links().indexOf(current) + by];
    const tab = new URLSearchParams(location.search).get('tab');
    const href = next?.getAttribute('href');
    if (next) stand();
    if (next) show(next, { replace: 'true' }, tab ? `${href}${href.includes('?') ? '&' : '?'}tab=${encodeURIComponent(tab)}` : href);
  }

  let isPaging = false;   // Whether another page of the list is on its way.
  document.addEventListener('htmx:before:swap', ({ detail: { ctx } }) => { isPaging = Boolean(ctx.sourceElement?.closest?.('.al-steps')); });
  document.addEventListener('htmx:after:swap', ({ detail: { ctx } }) => {
    if (ctx.target?.id === 'al-drawer-body') {
      const related = ctx.sourceElement?.closest?.('.al-related-row');
      const link = related ? linkOf(related.getAttribute('href')) : ctx.sourceElement?.closest?.('.al-open');
      if (link) current = link;
      opened();
    } else {
      settle();
      if (isPaging) begin();
    }
  });
  function moved(path) {
    list = path;
    const first = new URL(list, location.href);
    ['cursor', 'row'].forEach((it) => first.searchParams.delete(it));
    // What is new stands on the first page.
    find('#al-refresh')?.setAttribute('href', first.pathname + first.search);
    all('[data-sets]').forEach((link) => {
      const url = new URL(list, location.href);
      const [name, value] = link.dataset.sets.split('=');
      ['cursor', 'row', name].forEach((it) => url.searchParams.delete(it));
      if (value) url.searchParams.set(name, value);
      link.setAttribute('href', url.pathname + url.search);
    });
  }
  document.addEventListener('htmx:after:history:push', ({ detail: { path } }) => { isEvent(path) ? isPushed = true : moved(path); });
  document.addEventListener('htmx:after:history:replace', ({ detail: { path } }) => { if (!isEvent(path)) moved(path); });
  document.addEventListener('htmx:before:history:restore', (event) => {
    const { path } = event.detail;
    if (!drawer()) return;
    if (path === list) {
      event.preventDefault();
      isPushed = false;
      drawer().close();
    } else if (isEvent(path)) {
      const link = linkOf(path);
      if (!link) return;
      event.preventDefault();
      isPushed = true;
      show(link, {}, path);
    } else {
      list = path;
    }
  });
  // An event opened as a page has no list to go back to: the address that Back leads to is loaded.
  addEventListener('popstate', () => { if (!drawer() && !globalThis.htmx) location.reload(); });
  document.addEventListener('close', ({ target }) => {
    if (target.id !== 'al-drawer') return;
    all('tr.al-current').forEach((row) => row.classList.remove('al-current'));
    find('#al-drawer-body').replaceChildren();
    document.title = title;
    if (current?.isConnected) resume();
    if (isPushed) { isPushed = false; history.back(); }
  }, true);
  // Going back takes the focus and the scroll away when it is done: they belong to the row whose event was open.
  const RESTORED_MS = 100;
  const isLeft = () => !drawer()?.open && current?.isConnected && [document.body, current].includes(document.activeElement);
  window.navigation?.addEventListener('navigatesuccess', () => {
    if (isLeft()) setTimeout(() => { if (isLeft()) resume(); }, RESTORED_MS);
  });
  let title = document.title;

  document.addEventListener('click', (event) => {
    const { target } = event;
    const by = target.closest('[data-step]')?.dataset.step;
    if (by) return step(Number(by));
    if (target.id === 'al-drawer' || target.id === 'al-help') return target.close();
    if (target.closest('#al-help-open')) return modal(find('#al-help'));
    all('.al-menu[open]').forEach((menu) => { if (!menu.contains(target)) menu.open = false; });
    // A whole row opens its event, unless one selects text or clicks something of its own.
    const row = target.closest('#al-results tbody tr');
    const isPlain = row && !target.closest('a, button, input, label') && !String(getSelection()) && !event.ctrlKey && !event.metaKey && !event.shiftKey;
    if (isPlain) find('.al-open', row)?.click();
  });

  // Another page begins at its top, and with it whoever reads on by keyboard.
  function begin() {
    isPaging = false;
    const results = find('#al-results');
    results.focus({ preventScroll: true });
    if (results.getBoundingClientRect().top < 0) results.scrollIntoView({ block: 'start' });
  }

  // Keys, unless one types or has switched them off.
  const isOn = () => { try { return localStorage.getItem('al-keys') !== 'off'; } catch { return true; } };
  const moves = { j: 1, k: -1 };
  document.addEventListener('keydown', (event) => {
    const menu = event.key === 'Escape' && find('.al-menu[open]');
    if (menu) { menu.open = false; find('summary', menu).focus(); return; }
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || isTyping(event.target) || !isOn()) return;
    const page = { '[': '#al-previous', ']': '#al-next' }[event.key];
    if (drawer()?.open) {
      if (moves[event.key]) { event.preventDefault(); step(moves[event.key]); }
    } else if (find('#al-help')?.open) {
      return;
    } else if (event.key === '/') {
      event.preventDefault();
      find('#al-q')?.focus();
    } else if (moves[event.key]) {
      event.preventDefault();
      const rows = links();
      const at = rows.indexOf(document.activeElement);
      const next = at < 0 ? 0 : Math.min(Math.max(at + moves[event.key], 0), rows.length - 1);
      rows[next]?.focus();
      rows[next]?.closest('tr').scrollIntoView({ block: 'nearest' });
    } else if (page) {
      find(page)?.click();
    } else if (event.key === 'e' && find('#al-export-menu')) {
      event.preventDefault();
      find('#al-export-menu').open = true;
      find('#al-export-menu a').focus();
    } else if (find(`[data-key="${CSS.escape(event.key)}"]`)) {
      event.preventDefault();
      find(`[data-key="${CSS.escape(event.key)}"]`).click();
    } else if (event.key === '?') {
      event.preventDefault();
      if (find('#al-help')) modal(find('#al-help'));
    }
  });
  document.addEventListener('change', ({ target }) => {
    if (target.id === 'al-keys-on') {
      try { localStorage.setItem('al-keys', target.checked ? 'on' : 'off'); } catch { /* A private window forgets. */ }
    }
  });

  // Menus: a search of their own; dates choose Custom, a preset clears the dates.
  document.addEventListener('input', ({ target }) => {
    if (target.matches('.al-menu-search')) {
      const words = target.value.trim().toLowerCase();
      const pop = target.closest('.al-pop');
      const choices = all('.al-choice', pop);
      choices.forEach((it) => { it.hidden = !(it.dataset.words ?? it.textContent).toLowerCase().includes(words); });
      find('.al-none', pop).hidden = choices.some((it) => !it.hidden);
    }
  });
  const FIRST_YEAR = '1970';
  document.addEventListener('change', (event) => {
    const { target } = event;
    // A year of which not every digit is typed asks nothing yet.
    if (target.closest('.al-dates') && all('.al-dates input').some((it) => it.value && it.value < FIRST_YEAR)) {
      event.stopImmediatePropagation();
      find('#al-custom').checked = true;
      return;
    }
    if (target.closest('.al-dates')) find('#al-custom').checked = true;
    else if (target.name === 'range' && target.value !== 'custom') all('.al-dates input').forEach((it) => { it.value = ''; });
    // Custom without a date chooses nothing yet.
    if (target.id === 'al-custom' && !all('.al-dates input').some((it) => it.value)) {
      find('.al-dates input').focus();
      choosing = true;
    } else {
      choosing = false;
    }
  }, true);
  let choosing = false;
  document.addEventListener('htmx:config:request', (event) => {
    if (choosing && event.detail.ctx.sourceElement?.id === 'al-bar' && event.detail.ctx.sourceEvent?.type === 'change') event.preventDefault();
  });

  // Relative times, in the same steps and words as the server's.
  const language = document.documentElement.lang;
  const steps = new Intl.RelativeTimeFormat(`${language}-u-nu-latn`);
  function told(then, now) {
    const seconds = Math.floor(Math.abs(now - then) / 1000);
    if (seconds < 45) return say('just-now');
    const [count, unit] = seconds < 3570 ? [Math.floor((seconds + 30) / 60), 'minute']
      : seconds < 84600 ? [Math.floor((seconds + 1800) / 3600), 'hour']
      : seconds < 2592000 ? [Math.floor((seconds + 43200) / 86400), 'day']
      : seconds < 31536000 ? [Math.floor(seconds / 2592000), 'month']
      : [Math.floor(seconds / 31536000), 'year'];
    return steps.format(then > now ? count : -count, unit);
  }
  const relative = () => all('time[data-relative]').forEach((time) => {
    const words = told(Date.parse(time.dateTime), Date.now());
    if (time.textContent !== words) time.textContent = words;
  });
  setInterval(relative, 30000);

  // The zone of this device, where it is not offered yet.
  function offerZone() {
    const place = find('#al-device-zone');
    const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
    const isOffered = all('#al-zone a').some((it) => it.textContent.split(',')[0] === zone);
    if (!place?.hidden || !zone || isOffered) return;
    const parts = new Intl.DateTimeFormat('en', { timeZone: zone, timeZoneName: 'shortOffset' }).formatToParts();
    const offset = parts.find((it) => it.type === 'timeZoneName')?.value.replace('GMT', 'UTC');
    find('bdi', place).textContent = offset ? `${zone}, ${offset}` : zone;
    find('a', place).dataset.sets = `tz=${zone}`;
    place.hidden = false;
    find('#al-zone').hidden = false;
  }
  // A list that came in another way than with htmx.
  document.addEventListener('al:shown', () => { list = here(); settle(); });

  // After every change of the page.
  function settle() {
    offerZone();
    all('#al-help-open, .al-menu-search').forEach((it) => { it.hidden = false; });
    const keys = find('#al-keys-on');
    if (keys) keys.checked = isOn();
    const search = find('#al-q');
    const applied = find('#al-applied');
    if (search && applied && document.activeElement !== search) search.value = applied.dataset.q;
    if (!drawer()?.open) title = document.title;
    moved(list);
    relative();
    if (document.readyState === 'complete') later();
  }
  settle();
})();
