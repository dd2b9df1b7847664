/* The page that checks files: a file may be dropped anywhere on the form, and is sent as soon as it is chosen.
   Without this script the form has a button. */
(() => {
  'use strict';

  const form = document.querySelector('.al-drop');
  const input = form?.querySelector('input[type=file]');
  if (!input) return;

  document.querySelector('.al-outcome')?.focus({ preventScroll: false });

  const send = () => {
    if (!input.files.length || form.ariaBusy === 'true') return;
    form.ariaBusy = 'true';
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
  form.addEventListener('dragenter', (event) => isFile(event) && mark(1));
  form.addEventListener('dragleave', (event) => isFile(event) && mark(-1));
  for (const name of ['dragover', 'drop']) {
    // A file that misses the form must not replace the page.
    document.addEventListener(name, (event) => isFile(event) && event.preventDefault());
  }
  form.addEventListener('drop', (event) => {
    mark(-depth);
    if (!isFile(event) || !event.dataTransfer.files.length) return;
    input.files = event.dataTransfer.files;
    send();
  });

  // Back from an answer the form is as it was, ready for another file.
  addEventListener('pageshow', (event) => {
    if (event.persisted) location.reload();
  });
})();
