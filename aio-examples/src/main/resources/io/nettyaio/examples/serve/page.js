'use strict';
const form = document.querySelector('form');
const input = form.querySelector('input');
const bar = form.querySelector('progress');
const said = form.querySelector('output');
function send(file) {
  return new Promise((done, failed) => {
    const body = new FormData();
    body.append('file', file, file.name);
    const request = new XMLHttpRequest();
    request.open('POST', location.pathname);
    request.upload.onprogress = (e) => { if (e.lengthComputable) { bar.max = e.total; bar.value = e.loaded; } };
    request.onload = () => request.status < 400 ? done() : failed(request.status + ' ' + request.responseText.trim());
    request.onerror = () => failed('the connection was lost');
    request.send(body);
  });
}
async function sendAll(files) {
  bar.hidden = false;
  form.querySelector('button').disabled = true;
  let number = 0;
  for (const file of files) {
    number += 1;
    said.textContent = 'Uploading ' + file.name + ' (' + number + ' of ' + files.length + ')';
    bar.value = 0;
    try {
      await send(file);
    } catch (why) {
      said.textContent = file.name + ': ' + why;
      bar.hidden = true;
      form.querySelector('button').disabled = false;
      return;
    }
  }
  location.reload();
}
form.addEventListener('submit', (e) => { e.preventDefault(); if (input.files.length) { sendAll(input.files); } });
form.addEventListener('dragover', (e) => { e.preventDefault(); form.classList.add('over'); });
form.addEventListener('dragleave', () => form.classList.remove('over'));
form.addEventListener('drop', (e) => { e.preventDefault(); form.classList.remove('over'); if (e.dataTransfer.files.length) { sendAll(e.dataTransfer.files); } });
