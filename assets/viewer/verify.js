/* The page that checks files: a file may be dropped anywhere, and is sent as soon as it is chosen. What it is called stays
   here: the server neither hears nor says it. Without this script the form has a button. */
(() => {
  'use strict';

  const form = document.querySelector('.al-drop');
  const input = form?.querySelector('input[type=file]');
  if (!input) return;

  // Which of several files the answer is about.
  const NAME = 'al-checked';
  const keep = (name) => { try { sessionStorage.setItem(NAME, name); } catch { /* A private window forgets. */ } };
  const kept = () => { try { return sessionStorage.getItem(NAME) ?? ''; } catch { return ''; } };
  const outcome = document.querySelector('.al-outcome');
  const checked = outcome?.querySelector('.al-checked');
  if (checked && kept()) {
    checked.querySelector('bdi').textContent = kept();
    checked.hidden = false;
  }
  keep('');
  outcome?.focus({ preventScroll: false });

  const send = () => {
    if (!input.files.length || form.ariaBusy === 'true') return;
    form.ariaBusy = 'true';
    keep(input.files[0].name);
    form.querySelector('[role=status]').textContent = form.dataset.busy;
    form.querySelector('button').textContent = form.dataset.busy;
    form.requestSubmit();
  };
  input.addEventListener('change', send);

  // Dragging over children leaves and enters: what counts is how deep one is.
  let depth = 0;
  const mark = (step) => {
    depth = Math.max(0, depth + step);
    form.classList.toggle('al-over', depth > 0);
  };
  const isFile = (event) => [...(event.dataTransfer?.types ?? [])].includes('Files');
  document.addEventListener('dragenter', (event) => isFile(event) && mark(1));
  document.addEventListener('dragleave', (event) => isFile(event) && mark(-1));
  document.addEventListener('dragover', (event) => isFile(event) && event.preventDefault());
  // A file that misses the form would replace the page; whoever drops one here wants it checked.
  document.addEventListener('drop', (event) => {
    if (!isFile(event)) return;
    event.preventDefault();
    mark(-depth);
    const [file] = event.dataTransfer.files;
    if (!file) return;
    const one = new DataTransfer();
    one.items.add(file);
    input.files = one.files;
    send();
  });

  // Back from an answer the form is as it was, ready for another file.
  addEventListener('pageshow', (event) => {
    if (event.persisted) location.reload();
  });
})();
