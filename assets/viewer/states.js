// What a reader is told while a question is on its way, and when it fails: in place, with the old rows and the question
// kept, and a button that asks again. Deliberately absent: a session inside a frame, which the page around renews.
'use strict';
(() => {
  const PATIENCE_MS = 150;   // What comes sooner needs no sign.
  const find = (selector, root = document) => root.querySelector(selector);
  const here = () => location.pathname + location.search;
  const running = new Map(); // What is on its way, with the timer of its sign.
  let again = null;          // Asks once more for what failed.
  let isCut = false;         // Whether the network was gone, so that its return asks again.
  let isKept = false;        // Whether the address already is that of what failed.

  const place = ({ target }) => typeof target === 'string' ? find(target) : target;
  const isList = (ctx) => place(ctx)?.id === 'al-results';
  const isDrawer = (ctx) => place(ctx)?.id === 'al-drawer-body';

  document.addEventListener('htmx:before:request', ({ detail: { ctx } }) => {
    running.set(ctx, setTimeout(() => place(ctx)?.setAttribute('aria-busy', 'true'), PATIENCE_MS));
  });
  document.addEventListener('htmx:finally:request', ({ detail: { ctx } }) => {
    clearTimeout(running.get(ctx));
    running.delete(ctx);
    if (![...running.keys()].some((it) => place(it) === place(ctx))) place(ctx)?.removeAttribute('aria-busy');
  });

  // An answer that is no list leaves the rows where they are. One that is no details shows its words in the drawer.
  document.addEventListener('htmx:before:response', async (event) => {
    const { ctx } = event.detail;
    if (event.defaultPrevented || ctx.response.status < 400 || place(ctx) === document.body) return;
    if (isDrawer(ctx) && find('#al-drawer').open) return;
    event.preventDefault();
    if (!isList(ctx) && !isDrawer(ctx)) return;
    const { raw } = ctx.response;
    const told = new DOMParser().parseFromString(await raw.text(), 'text/html').querySelector('.al-empty');
    tell(ctx, told ?? unnamed(raw.headers.get('x-request-id')));
  });
  document.addEventListener('htmx:error', ({ detail: { ctx } }) => {
    if (!ctx || ctx.response || !(isList(ctx) || isDrawer(ctx))) return;
    isCut = true;
    tell(ctx, words('#al-cut'));
  });
  addEventListener('online', () => { if (isCut) again?.(); });

  const words = (id) => find(id).content.firstElementChild.cloneNode(true);
  // Something between us and the server answered: it has no words of ours, perhaps an id.
  function unnamed(id) {
    const told = words('#al-unanswered');
    if (id) find('code', told).textContent = id;
    else find('code', told).parentElement.remove();
    return told;
  }

  function tell(ctx, told) {
    const box = isDrawer(ctx) && find('#al-drawer').open ? place(ctx) : find('#al-trouble');
    if (!box) return;
    again = () => repeat(ctx);
    box.replaceChildren(told);
    find('#al-results').classList.toggle('al-stale', isList(ctx));
    if (isList(ctx)) keep(ctx.request.action);
  }
  function repeat(ctx) {
    const { sourceElement, target, swap, push, replace, request: { action, headers } } = ctx;
    const source = isList(ctx) || !sourceElement.isConnected ? find('#al-results') : sourceElement;
    return htmx.ajax('GET', action, { source, target, swap, push, replace, headers: { 'HX-Source': headers['HX-Source'] } });
  }
  // The address says what was asked, so that loading the page again, in another session too, asks the same.
  function keep(action) {
    const url = new URL(action, location.href);
    [...url.searchParams].forEach(([name, value]) => { if (!value) url.searchParams.delete(name); });
    const path = url.pathname + url.search;
    if (path === here()) return;
    // An entry without its mark is not restored by Back.
    if (!history.state?.htmx) history.replaceState({ htmx: true }, '', here());
    history[isKept ? 'replaceState' : 'pushState']({ htmx: true }, '', path);
    isKept = true;
    document.dispatchEvent(new CustomEvent('htmx:after:history:replace', { detail: { path } }));
  }

  function calm() {
    const hadFocus = find('#al-trouble')?.contains(document.activeElement);
    find('#al-trouble')?.replaceChildren();
    find('#al-results')?.classList.remove('al-stale');
    if (hadFocus) find('#al-results')?.focus({ preventScroll: true });
    again = null;
    isCut = false;
    isKept = false;
  }
  document.addEventListener('htmx:after:swap', ({ detail: { ctx } }) => {
    if (isDrawer(ctx) && ctx.response?.status >= 400) again = () => repeat(ctx);
    else if (isList(ctx) || isDrawer(ctx)) calm();
  });
  document.addEventListener('click', ({ target }) => { if (target.closest('[data-retry]')) again?.(); });
})();
