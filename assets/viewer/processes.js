// The list of documents: what is typed or chosen is found at once. Deliberately absent: any question of its own; the page's
// form and links say what is asked, and without this script a button sends it.
(() => {
  'use strict';

  const WAIT_MS = 200;
  const LATE_MS = 150;      // What takes longer is said to be under way.
  // What another answer changes; the form itself stays, and with it whatever is being typed.
  const PARTS = ['#al-refresh', '#al-statuses', '#al-count', '#al-results', '.al-display .al-pop'];
  const find = (selector, root = document) => root.querySelector(selector);
  let timer = 0;
  let asked = 0;

  function address(form) {
    const url = new URL(form.action, location.href);
    const chosen = [...new FormData(form)].filter(([, value]) => value);
    url.search = new URLSearchParams(chosen);
    return url.href;
  }

  // Letters of one search are one step back, not many. In a frame steps belong to what moves between its pages.
  function remember(url) {
    const isFirst = !new URL(location.href).searchParams.get('q') && !globalThis.al?.headers;
    history[isFirst ? 'pushState' : 'replaceState'](history.state, '', url);
  }

  async function look() {
    clearTimeout(timer);
    const url = address(find('#al-find'));
    const mine = asked += 1;
    const late = setTimeout(() => { if (find('#al-results')) find('#al-results').ariaBusy = 'true'; }, LATE_MS);
    try {
      const answer = await fetch(url, { headers: { ...(globalThis.al?.headers?.() ?? {}) } });
      if (mine !== asked) return;
      if (answer.status === 401 && globalThis.al?.refused) return globalThis.al.refused(answer, look);
      const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
      if (mine !== asked) return;
      // What is no list says why on a page of its own.
      if (!answer.ok || !find('#al-results', page)) {
        location.assign(url);
        return;
      }
      for (const part of PARTS) {
        const [now, next] = [find(part), find(part, page)];
        if (now && next) now.replaceChildren(...next.childNodes);
        if (now?.href && next?.href) now.href = next.getAttribute('href');
      }
      find('#al-results').classList.remove('al-stale');
      remember(url);
      document.dispatchEvent(new Event('al:shown'));
    } catch {
      // Without an answer what was found before stays, and looks like it.
      if (mine === asked) find('#al-results')?.classList.add('al-stale');
    } finally {
      clearTimeout(late);
      if (mine === asked && find('#al-results')) find('#al-results').ariaBusy = null;
    }
  }

  const isOfForm = (element) => Boolean(element.closest?.('#al-find'));
  document.addEventListener('input', ({ target, isComposing }) => {
    if (!isOfForm(target) || isComposing) return;
    clearTimeout(timer);
    timer = setTimeout(look, target.id === 'al-q' ? WAIT_MS : 0);
  });
  document.addEventListener('compositionend', ({ target }) => { if (isOfForm(target)) look(); });
  document.addEventListener('submit', (event) => {
    if (!isOfForm(event.target)) return;
    event.preventDefault();
    look();
  });
  document.addEventListener('change', ({ target }) => {
    if (target.id === 'al-limit') target.form.requestSubmit();
  });
})();
