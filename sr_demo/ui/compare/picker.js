// Where a picture comes in: chosen, dropped anywhere on the page, pasted, or a sample.

const root = element.querySelector('.picker');
const find = (selector) => root.querySelector(selector);
const drop = find('.drop');

async function send(file) {
  if (!file) return;
  root.classList.add('busy');
  find('.call').textContent = `Reading ${file.name} …`;
  try {
    const { path } = await upload(file);
    trigger('upload', { path });
  } catch (error) {
    say(`${file.name} could not be uploaded: ${String((error && error.message) || error)}`);
  } finally {
    root.classList.remove('busy');
    find('input').value = '';
    invite();
  }
}

function invite() {
  const bold = document.createElement('b');
  bold.textContent = find('.preview').hidden ? 'Choose a photo' : 'Choose another photo';
  find('.call').replaceChildren(bold, ', drop or paste it');
}

function say(error) {
  find('.error').hidden = !error;
  find('.error').textContent = error || '';
}

function showSamples() {
  find('.samples').replaceChildren(...(props.value || []).map((sample) => {
    const button = document.createElement('button');
    const image = document.createElement('img');
    button.type = 'button';
    button.dataset.sample = sample.name;
    button.title = sample.label;
    image.src = sample.file.url;
    image.alt = sample.label;
    button.append(image);
    button.addEventListener('click', () => trigger('sample', { name: sample.name }));
    return button;
  }));
}

function show() {
  const now = props.picture;
  if (!now) return;
  say(now.error);
  if (now.file) {
    find('.preview').src = now.file.url;
    find('.preview').alt = now.name;
    find('.preview').hidden = false;
  }
  find('.line').textContent = now.line || '';
  for (const button of find('.samples').children) {
    button.setAttribute('aria-pressed', button.dataset.sample === now.sample);
  }
  invite();
}

const carriesFile = (event) => [...(event.dataTransfer?.types || [])].includes('Files');
const listeners = {
  dragover(event) {
    if (!carriesFile(event)) return;
    event.preventDefault();
    drop.classList.add('over');
  },
  dragleave(event) {
    if (!event.relatedTarget) drop.classList.remove('over');
  },
  drop(event) {
    if (!carriesFile(event)) return;
    event.preventDefault();
    drop.classList.remove('over');
    send(event.dataTransfer.files[0]);
  },
  paste(event) {
    const file = [...(event.clipboardData?.files || [])][0];
    if (file) send(file);
  },
};
for (const [name, listener] of Object.entries(listeners)) document.addEventListener(name, listener);

find('input').addEventListener('change', (event) => send(event.target.files[0]));
watch('value', showSamples);
// Gradio takes every quoted name in this file for an event, and a property must not look like one.
watch(Object.keys({ picture: 0 }), show);
showSamples();
show();
