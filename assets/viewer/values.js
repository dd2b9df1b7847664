// What one does with a value that stands in a row: filter for it, filter it out, copy it. Also copying the link of the
// list, opening the menu of a chip, and choices that wait for their button.
'use strict';
(() => {
  const SHOWN_MS = 250;
  const HIDDEN_MS = 250;
  const TOLD_MS = 2500;
  const find = (selector, root = document) => root.querySelector(selector);
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const say = (id) => JSON.parse(find('#al')?.dataset.words ?? '{}')[`script-${id}`] ?? '';
  const bar = () => find('#al-value-bar');
  const tools = () => [...bar().children];
  const cells = (row) => all('td[data-name]', row);
  // What is seen of a value; a cell is wider than what stands in it.
  const seen = (cell) => find('.al-person-words, .al-tag, .al-ip', cell) ?? cell;
  let shown = null;
  let timer;

  function tell(text) {
    const toast = find('#al-toast');
    toast.textContent = text;
    clearTimeout(tell.timer);
    tell.timer = setTimeout(() => { toast.textContent = ''; }, TOLD_MS);
  }
  async function copy(text) {
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      // Without TLS there is no clipboard to write to.
      const area = document.createElement('textarea');
      area.value = text;
      document.body.append(area);
      area.select();
      document.execCommand('copy');
      area.remove();
    }
    tell(say('copied'));
  }

  // The list with another choice, from its first page on.
  function address(name, value, isNot) {
    const url = new URL(find('#al-refresh')?.getAttribute('href') ?? location.href, location.href);
    const params = url.searchParams;
    for (const place of ['cursor', 'row']) params.delete(place);
    const not = `${name}:${value}`;
    const others = params.getAll('not').filter((it) => it !== not);
    params.delete('not');
    others.forEach((it) => params.append('not', it));
    if (isNot) {
      const kept = params.getAll(name).filter((it) => it !== value);
      params.delete(name);
      kept.forEach((it) => params.append(name, it));
      params.append('not', not);
    } else {
      params.set(name, value);
    }
    return url.pathname + url.search;
  }

  function show(cell) {
    clearTimeout(timer);
    shown = cell;
    const { name } = cell.dataset;
    const value = decodeURIComponent(cell.dataset.value);
    const [only, not] = tools();
    only.href = address(name, value, false);
    not.href = address(name, value, true);
    bar().hidden = false;
    const [at, own] = [seen(cell).getBoundingClientRect(), bar().getBoundingClientRect()];
    const isRight = getComputedStyle(cell).direction === 'rtl';
    const left = isRight ? at.right - own.width : at.left;
    bar().style.left = `${Math.max(4, Math.min(left, innerWidth - own.width - 4))}px`;
    bar().style.top = `${at.top - own.height < 4 ? at.bottom + 2 : at.top - own.height - 1}px`;
  }
  function hide() {
    clearTimeout(timer);
    if (bar()) bar().hidden = true;
    shown = null;
  }

  document.addEventListener('pointerover', ({ target, pointerType }) => {
    if (pointerType === 'touch' || !bar()) return;
    if (target.closest('#al-value-bar')) return clearTimeout(timer);
    const cell = target.closest('#al-results td[data-name]');
    clearTimeout(timer);
    if (cell && cell === shown) return;
    if (cell && seen(cell).contains(target)) timer = setTimeout(() => show(cell), shown ? 0 : SHOWN_MS);
    else if (shown && !bar().contains(document.activeElement)) timer = setTimeout(hide, HIDDEN_MS);
  });
  addEventListener('scroll', () => { if (shown && !bar().contains(document.activeElement)) hide(); }, { capture: true, passive: true });

  // A finger that touches a value means the value; anywhere else in the row it means the event.
  document.addEventListener('click', (event) => {
    const { target } = event;
    const tool = target.closest('#al-value-bar [data-do]');
    if (tool) {
      event.preventDefault();
      const cell = shown;
      const { href } = tool;
      if (tool.dataset.do === 'copy') return copy(decodeURIComponent(cell.dataset.value));
      hide();
      return htmx.ajax('GET', href.slice(location.origin.length), { source: '#al-results', target: '#al-results', swap: 'innerHTML show:none' }).then(() => find('#al-results').focus({ preventScroll: true }));
    }
    const cell = target.closest('#al-results td[data-name]');
    if (cell && event.pointerType === 'touch' && seen(cell).contains(target) && cell !== shown) {
      event.preventDefault();
      event.stopPropagation();
      return show(cell);
    }
    // The address of a frame opens nothing for anyone.
    if (target.closest('#al-copy-link')) return globalThis.al?.headers ? undefined : copy(location.href);
    const edit = target.closest('.al-chip-edit[href]');
    if (edit) {
      const menu = find(edit.getAttribute('href'));
      if (menu) {
        event.preventDefault();
        event.stopPropagation();
        menu.open = true;
        (find('input:checked', menu) ?? find('input', menu))?.focus();
      }
      return;
    }
    if (shown) hide();
  }, true);

  // Along the row: from its link to the first value, from tool to tool, and on to the next value.
  document.addEventListener('keydown', (event) => {
    const isIn = shown && bar().contains(document.activeElement);
    const row = isIn ? shown.closest('tr') : document.activeElement?.closest?.('#al-results tbody tr');
    if (!row || event.ctrlKey || event.metaKey || event.altKey) return;
    const isRtl = document.documentElement.dir === 'rtl';
    const by = { ArrowRight: isRtl ? -1 : 1, ArrowLeft: isRtl ? 1 : -1 }[event.key];
    const leave = () => { hide(); find('.al-open', row)?.focus(); };
    if (event.key === 'Escape' && isIn) {
      leave();
    } else if (by && (isIn || document.activeElement.classList.contains('al-open'))) {
      const places = cells(row).flatMap((cell) => tools().map((tool) => [cell, tool]));
      const now = isIn ? places.findIndex(([cell, tool]) => cell === shown && tool === document.activeElement) : by > 0 ? -1 : places.length;
      const next = places[now + by];
      if (!next) leave();
      else {
        show(next[0]);
        next[1].focus({ preventScroll: true });
      }
    } else return;
    event.preventDefault();
    event.stopPropagation();
  }, true);
  document.addEventListener('focusout', ({ target, relatedTarget }) => {
    if (bar()?.contains(target) && !bar().contains(relatedTarget)) timer = setTimeout(hide, HIDDEN_MS);
  });

  // Choices that wait for their button are counted beside it; Reset takes them back at once.
  function pending() {
    const told = find('#al-pending');
    if (!told) return;
    const controls = all('.al-menu', find('#al-menus')).filter((menu) => all('input[name]', menu).some((it) =>
      ['radio', 'checkbox'].includes(it.type) ? it.checked !== it.defaultChecked : it.value !== it.defaultValue));
    all('.al-menu.al-waits').forEach((it) => it.classList.remove('al-waits'));
    controls.forEach((it) => it.classList.add('al-waits'));
    const text = controls.length ? say('pending').replace('#', controls.length) : '';
    if (told.textContent !== text) told.textContent = text;
  }
  document.addEventListener('change', ({ target }) => { if (target.closest('#al-menus')) pending(); });
  document.addEventListener('click', ({ target }) => {
    if (!target.closest('.al-reset')) return;
    find('#al-bar').reset();
    pending();
  });
  function settle() {
    hide();
    pending();
    all('#al-copy-link').forEach((it) => { it.hidden = false; });
  }
  // Where a chip was taken away by keyboard the focus goes to the next one, to what clears the rest, or to the search.
  let chip = -1;
  const chips = () => all('.al-chips .al-chip');
  document.addEventListener('htmx:before:swap', ({ detail: { ctx } }) => {
    const own = ctx.sourceElement?.matches?.(':focus-visible') && ctx.sourceElement.closest('.al-chips');
    chip = own ? chips().indexOf(ctx.sourceElement.closest('.al-chip')) : -1;
    if (own && chip < 0) chip = chips().length;
  });
  function stay() {
    if (chip < 0) return;
    const at = chip;
    chip = -1;
    const next = chips()[at] ?? chips().at(-1);
    setTimeout(() => {
      if (document.activeElement !== document.body) return;
      (next?.isConnected ? next.querySelector('a:last-child') : find('.al-clear') ?? find('#al-q'))?.focus({ preventScroll: true });
    });
  }
  document.addEventListener('htmx:after:swap', stay);
  document.addEventListener('htmx:after:swap', settle);
  settle();
})();
