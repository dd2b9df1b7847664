// The histogram by pointer and keys: what a bar holds, and one tab stop for all of them. Deliberately absent: zooming, which
// the bars do as links.
'use strict';
(() => {
  const EDGE_PX = 4;
  const find = (selector, root = document) => root.querySelector(selector);
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const chart = () => find('.al-chart');
  const bars = () => all('a.al-bucket', chart());
  // It has no id: what has the same one before and after a swap takes the style over, which the policy forbids.
  const tip = () => find('.al-chart-tip');

  // What is told of a bar: its time, and how many of each kind, as the legend has them.
  function show(bucket) {
    const rows = all('th[data-kind]', chart()).map((heading, at) => [heading, bucket.dataset.counts.split(' ')[at]]);
    const title = document.createElement('strong');
    title.textContent = bucket.dataset.time;
    const kinds = rows.filter(([, count]) => count !== '0').map(([heading, count]) => {
      const line = document.createElement('span');
      line.className = `al-legend al-k-${heading.dataset.kind}`;
      const number = document.createElement('span');
      number.textContent = count;
      line.append(heading.textContent, number);
      return line;
    });
    tip().replaceChildren(title, ...kinds);
    tip().hidden = false;
    const [own, of, bar] = [tip(), chart(), bucket].map((it) => it.getBoundingClientRect());
    const middle = bar.left + bar.width / 2 - own.width / 2;
    tip().style.left = `${Math.max(EDGE_PX, Math.min(middle - of.left, of.width - own.width - EDGE_PX))}px`;
  }
  function hide() { if (tip()) tip().hidden = true; }

  document.addEventListener('pointerover', ({ target }) => {
    if (target.closest?.('.al-chart-tip')) return;
    const bucket = target.closest?.('.al-bucket');
    if (bucket) show(bucket);
    else if (!chart()?.contains(document.activeElement)) hide();
  });
  document.addEventListener('focusin', ({ target }) => {
    const bar = target.closest?.('a.al-bucket');
    if (!bar) return;
    choose(bar);
    show(bar);
  });
  document.addEventListener('focusout', ({ target }) => { if (target.closest?.('a.al-bucket')) hide(); });

  function choose(bar) { bars().forEach((it) => it.setAttribute('tabindex', it === bar ? '0' : '-1')); }
  document.addEventListener('keydown', (event) => {
    if (event.key === 'Escape' && tip() && !tip().hidden) return hide();
    const bar = event.target.closest?.('a.al-bucket');
    if (!bar || event.ctrlKey || event.metaKey || event.altKey) return;
    const isRtl = document.documentElement.dir === 'rtl';
    const at = bars().indexOf(bar);
    const next = { ArrowRight: at + (isRtl ? -1 : 1), ArrowLeft: at + (isRtl ? 1 : -1), Home: 0, End: bars().length - 1 }[event.key];
    if (next === undefined) return;
    event.preventDefault();
    bars()[next]?.focus();
  });

  // The newest bar is the way in. The focus stays in a drawing that is drawn anew: after a zoom on the way back out.
  let focused = -1;
  function settle(target) {
    if (!chart()) return;
    all('.al-bucket > title', chart()).forEach((it) => it.remove());
    choose(bars().at(-1));
    if (focused >= 0) (target?.id === 'al-above' ? bars()[focused] : find('#al-zoom-out') ?? bars().at(-1))?.focus({ preventScroll: true });
    focused = -1;
  }
  document.addEventListener('htmx:before:swap', () => {
    const { activeElement } = document;
    focused = chart()?.contains(activeElement) ? Math.max(0, bars().indexOf(activeElement)) : -1;
  });
  document.addEventListener('htmx:after:swap', ({ detail: { ctx } }) => settle(ctx.target));
  settle();
})();
