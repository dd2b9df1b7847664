// What is offered while one types: fields and their values below the search, values in their menus.
'use strict';
(() => {
  const PAUSE_MS = 120;
  const find = (selector, root = document) => root.querySelector(selector);
  const say = (id) => JSON.parse(find('#al')?.dataset.words ?? '{}')[`script-${id}`] ?? '';
  const input = () => find('#al-q');
  const list = () => find('#al-complete');
  const options = () => [...list().children];
  let timer;
  let asked;
  let active = -1;

  // What is chosen beside the search, as the list has it.
  const chosen = () => new URLSearchParams([...document.querySelectorAll('#al-applied input')].map((it) => [it.name, it.value]));
  async function ask(url, params) {
    asked?.abort();
    asked = new AbortController();
    const headers = { 'HX-Request': 'true', 'HX-Request-Type': 'partial', ...(globalThis.al?.headers?.() ?? {}) };
    try {
      const answer = await fetch(`${url}?${params}`, { headers, signal: asked.signal });
      return answer.ok ? await answer.text() : '';
    } catch {
      return null;   // Another question took its place, or the network is gone, which the list itself tells.
    }
  }

  // The word in front of the caret, from its first character on; a quotation mark that is open belongs to it.
  function typed() {
    const text = input().value.slice(0, input().selectionStart);
    const word = /(^|\s)(-?[a-z_.]+(?::(?:"[^"]*|[^\s"]*))?)$/i.exec(text);
    return word && { start: text.length - word[2].length, end: text.length, text: word[2] };
  }

  function close() {
    clearTimeout(timer);
    asked?.abort();
    active = -1;
    if (!list() || list().hidden) return;
    list().hidden = true;
    input().setAttribute('aria-expanded', 'false');
    input().removeAttribute('aria-activedescendant');
  }

  function mark(at) {
    active = at;
    options().forEach((it, index) => it.setAttribute('aria-selected', String(index === at)));
    const option = options()[at];
    if (!option) return input().removeAttribute('aria-activedescendant');
    input().setAttribute('aria-activedescendant', option.id);
    option.scrollIntoView({ block: 'nearest' });
  }

  async function offer() {
    const word = typed();
    if (!word || document.activeElement !== input()) return close();
    const params = chosen();
    const rest = input().value.slice(0, word.start) + input().value.slice(word.end);
    if (rest.trim()) params.set('q', rest.trim());
    params.set('term', word.text);
    const html = await ask(input().dataset.complete, params);
    if (html === null) return;
    list().innerHTML = html;
    if (!list().children.length) return close();
    list().hidden = false;
    input().setAttribute('aria-expanded', 'true');
    mark(-1);
    find('#al-said').textContent = say('suggestions').replace('#', list().children.length);
  }

  function take(option) {
    const word = typed();
    if (!word) return close();
    const before = input().value.slice(0, word.start) + option.dataset.insert;
    const after = input().value.slice(word.end).replace(/^"?\s?/, '');
    close();
    input().value = before + after;
    input().setSelectionRange(before.length, before.length);
    input().focus();
    // As if it were typed: a field goes on to its values, a whole term is searched for.
    input().dispatchEvent(new Event('input', { bubbles: true }));
  }

  // What is wrong with a search is told when one stops typing, not between two letters or under what is offered.
  const FINISHED_MS = 1000;
  let hushed;
  function hush() {
    find('#al-bar')?.classList.add('al-typing');
    clearTimeout(hushed);
    hushed = setTimeout(() => list() && !list().hidden ? hush() : tell(), FINISHED_MS);
  }
  function tell() {
    clearTimeout(hushed);
    find('#al-bar')?.classList.remove('al-typing');
  }
  document.addEventListener('submit', tell, true);
  document.addEventListener('focusout', ({ target }) => { if (target.id === 'al-q') tell(); });

  document.addEventListener('input', ({ target }) => {
    if (target.id === 'al-q') {
      hush();
      clearTimeout(timer);
      timer = setTimeout(offer, PAUSE_MS);
    } else if (target.matches('.al-menu-search[data-more]')) {
      clearTimeout(timer);
      timer = setTimeout(() => more(target), PAUSE_MS);
    }
  });
  document.addEventListener('keydown', (event) => {
    if (event.target.id !== 'al-q' || !list() || list().hidden || event.isComposing) return;
    const count = options().length;
    if (event.key === 'ArrowDown') mark((active + 1) % count);
    else if (event.key === 'ArrowUp') mark((active + count) % (count + 1) - (active < 0 ? 1 : 0));
    else if ((event.key === 'Enter' || event.key === 'Tab') && active >= 0) take(options()[active]);
    else if (event.key === 'Escape') close();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }, true);
  // Before the field loses the focus to what is pressed.
  document.addEventListener('pointerdown', (event) => {
    const option = event.target.closest('#al-complete [role=option]');
    if (!option) return;
    event.preventDefault();
    take(option);
  });
  document.addEventListener('focusout', ({ target }) => { if (target.id === 'al-q') close(); });

  // Values that the menu does not hold.
  async function more(search) {
    const choices = find('.al-choices', search.closest('.al-pop'));
    const term = search.value.trim();
    const params = chosen();
    params.set('menu', search.dataset.menu);
    params.set('term', term);
    const html = term ? await ask(search.dataset.more, params) : '';
    if (html === null) return;
    choices.querySelectorAll('.al-found:not(:has(:checked))').forEach((it) => it.remove());
    const known = new Set([...choices.querySelectorAll('input')].map((it) => it.value));
    const made = document.createElement('template');
    made.innerHTML = html;
    const found = [...made.content.querySelectorAll('.al-found')].filter((it) => !known.has(find('input', it).value));
    choices.append(...found);
    const none = find('.al-none', choices);
    if (found.length && none) none.hidden = true;
  }

  function settle() {
    if (!input() || !list() || input().role) return;
    for (const [name, value] of [['role', 'combobox'], ['aria-autocomplete', 'list'], ['aria-controls', 'al-complete'], ['aria-expanded', 'false']]) input().setAttribute(name, value);
  }
  document.addEventListener('htmx:after:swap', settle);
  settle();
})();
