// What the details do beyond links: copying, and checking in this page that the event is in the log.
'use strict';
(() => {
  const find = (selector, root = document) => root.querySelector(selector);
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];

  document.addEventListener('click', async ({ target }) => {
    const button = target.closest('[data-copy]');
    if (!button) return;
    const words = button.textContent;
    try {
      await navigator.clipboard.writeText(find(button.dataset.copy).textContent);
      button.textContent = button.dataset.done;
      setTimeout(() => { button.textContent = words; }, 2000);
    } catch {
      // A page that may not copy selects the text instead.
      getSelection().selectAllChildren(find(button.dataset.copy));
    }
  });

  // Arrow keys lead from tab to tab, as they do in the drawer's siblings elsewhere; Tab and Enter do as with any link.
  document.addEventListener('keydown', (event) => {
    const tabs = event.target.closest?.('.al-tabs');
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!tabs || !by || event.ctrlKey || event.metaKey || event.altKey) return;
    const links = all('a', tabs);
    const isLeftward = getComputedStyle(tabs).direction === 'rtl';
    const next = links.indexOf(event.target) + (isLeftward ? -by : by);
    if (links[next]) { event.preventDefault(); links[next].focus(); }
  });

  // A chosen tab keeps the focus, though its link is a new element.
  let isTab = false;
  document.addEventListener('htmx:before:swap', ({ detail: { ctx } }) => { isTab = Boolean(ctx.sourceElement?.closest?.('.al-tabs')); });
  document.addEventListener('htmx:after:swap', ({ detail: { ctx } }) => {
    if (ctx.target?.id !== 'al-drawer-body') return;
    if (isTab) find('.al-tabs [aria-current]')?.focus({ preventScroll: true });
    isTab = false;
    settle();
  });

  const bytes = (hex) => Uint8Array.from(hex.match(/../g) ?? [], (pair) => parseInt(pair, 16));
  const hex = (array) => [...array].map((byte) => byte.toString(16).padStart(2, '0')).join('');

  // SHA-256(0x01 || left || right), RFC 6962 section 2.1.
  async function node(left, right) {
    const joined = new Uint8Array(65);
    joined[0] = 1;
    joined.set(left, 1);
    joined.set(right, 33);
    return new Uint8Array(await crypto.subtle.digest('SHA-256', joined));
  }

  // The root that a leaf at this place and a path lead to, RFC 9162 section 2.1.3.2. Numbers beyond 32 bits are divided,
  // not shifted. Nothing where the path has another length than the tree.
  async function rootOf(leaf, index, size, path) {
    let hash = leaf;
    let place = index;
    let last = size - 1;
    for (const sibling of path) {
      if (last === 0) return null;
      if (place % 2 === 1 || place === last) {
        hash = await node(sibling, hash);
        while (place % 2 === 0 && place !== 0) { place /= 2; last = Math.floor(last / 2); }
      } else {
        hash = await node(hash, sibling);
      }
      place = Math.floor(place / 2);
      last = Math.floor(last / 2);
    }
    return last === 0 ? hash : null;
  }

  async function check() {
    const proof = find('#al-proof');
    const verdict = find('#al-verdict');
    if (!proof || !verdict) return;
    const told = find('#al-checked-by', verdict);
    if (!globalThis.crypto?.subtle) {
      told.textContent = `${told.textContent} ${verdict.dataset.impossible}`;
      return;
    }
    const text = (selector) => find(selector).textContent.trim();
    const path = all('#al-path code').map((it) => bytes(it.textContent.trim()));
    const root = await rootOf(bytes(text('[data-leaf]')), Number(proof.dataset.index), Number(proof.dataset.size), path);
    const holds = root !== null && hex(root) === text('[data-root]');
    verdict.classList.toggle('al-t-good', holds);
    verdict.classList.toggle('al-t-bad', !holds);
    verdict.dataset.result = holds ? 'holds' : 'fails';
    told.textContent = holds ? verdict.dataset.checked : verdict.dataset.wrong;
  }

  function settle() {
    all('[data-copy]').forEach((it) => { it.hidden = false; });
    check();
  }
  settle();
})();
