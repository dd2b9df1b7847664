// Downloads inside another page: a frame has no cookie, so its links are exchanged for ones that work once. Deliberately
// absent: everything else; the menu is plain links, which need no script where there is a cookie.
(() => {
  'use strict';
  const headers = () => globalThis.al?.headers?.();

  // The menu that a link stands in, where it stands in one.
  const close = (link) => { const menu = link.closest('details'); if (menu) menu.open = false; };

  async function take(link) {
    const place = link.closest('[data-fault]');
    const fault = place?.querySelector('[role=alert]');
    if (fault) fault.textContent = '';
    try {
      const answer = await fetch(link.href, { method: 'POST', headers: headers() });
      if (answer.status === 401 && globalThis.al.refused) return globalThis.al.refused(answer, () => take(link));
      if (!answer.ok) throw new Error(String(answer.status));
      const { url } = await answer.json();
      // A link that downloads leads nowhere: the page stays as it is.
      const file = document.createElement('a');
      file.href = url;
      file.download = '';
      file.click();
      close(link);
    } catch {
      if (fault) fault.textContent = place.dataset.fault;
    }
  }

  document.addEventListener('click', (event) => {
    const link = event.target.closest?.('a[data-export]');
    if (!link) return;
    if (headers()) {
      event.preventDefault();
      take(link);
      return;
    }
    // What was chosen is on its way; a frame says first whether it is.
    close(link);
  });
})();
