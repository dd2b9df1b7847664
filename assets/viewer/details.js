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

  const digest = async (text) => new Uint8Array(await crypto.subtle.digest('SHA-256', text));
  const unbase64 = (text) => Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  const utf8 = (text) => new TextEncoder().encode(text);
  const same = (left, right) => left.length === right.length && left.every((byte, at) => byte === right[at]);

  // A signed note (C2SP signed-note): the text, an empty line, and lines `— name base64`, of which the bytes are the
  // key's id and its signature over the text. Whether the key signed it; nothing where this browser has no Ed25519.
  async function isSigned(note, verifier) {
    const [name, id, ...rest] = verifier.split('+');
    const key = unbase64(rest.join('+'));
    const named = (await digest(Uint8Array.from([...utf8(`${name}\n`), ...key]))).slice(0, 4);
    if (key.length !== 33 || key[0] !== 1 || hex(named) !== id) return false;
    const end = note.lastIndexOf('\n\n') + 1;
    const ours = note.slice(end).split('\n').filter((line) => line.startsWith(`— ${name} `));
    const signed = ours.map((line) => unbase64(line.split(' ')[2])).filter((line) => same(line.slice(0, 4), named));
    if (!signed.length) return false;
    let publicKey;
    try {
      publicKey = await crypto.subtle.importKey('raw', key.slice(1), { name: 'Ed25519' }, false, ['verify']);
    } catch {
      return null;
    }
    const text = utf8(note.slice(0, end));
    const verify = (line) => crypto.subtle.verify({ name: 'Ed25519' }, publicKey, line.slice(4), text);
    return (await Promise.all(signed.map(verify))).every(Boolean);
  }

  // What this page found: the path leads to the root, the root is what the note says, the key signed the note.
  async function found(proof, text) {
    const path = all('#al-path code').map((it) => bytes(it.textContent.trim()));
    const { index, size } = proof.dataset;
    const root = await rootOf(bytes(text('[data-leaf]')), Number(index), Number(size), path);
    if (root === null || hex(root) !== text('[data-root]')) return 'wrong';
    const note = find('[data-note]').textContent;
    const [origin, saidSize, saidRoot, ...more] = note.slice(0, note.lastIndexOf('\n\n')).split('\n');
    const says = origin === text('[data-origin]') && saidSize === size && same(unbase64(saidRoot), root) && !more.length;
    const signed = says ? await isSigned(note, text('[data-key]')) : false;
    return { true: 'checked', false: 'forged', null: 'unsigned' }[signed];
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
    // What cannot even be read does not hold.
    const result = await found(proof, text).catch(() => 'wrong');
    const holds = result === 'checked' || result === 'unsigned';
    verdict.classList.toggle('al-t-good', holds);
    verdict.classList.toggle('al-t-bad', !holds);
    verdict.dataset.result = { checked: 'holds', unsigned: 'path' }[result] ?? 'fails';
    told.textContent = verdict.dataset[result];
  }

  function settle() {
    all('[data-copy]').forEach((it) => { it.hidden = false; });
    check();
  }
  settle();
})();
