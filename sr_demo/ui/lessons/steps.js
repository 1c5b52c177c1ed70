// The row of lessons. It tells them by an event which one is open; that one writes the address.

const root = element.querySelector('.steps');
const find = (selector) => root.querySelector(selector);
const titles = props.value || [];
const asked = Number(new URLSearchParams(location.search).get('lesson'));
let current = titles[asked - 1] ? asked : 1;
let shown = true;

titles.forEach((title, index) => {
  const item = document.createElement('li');
  const button = document.createElement('button');
  const number = document.createElement('b');
  const words = document.createElement('span');
  button.type = 'button';
  number.textContent = index + 1;
  words.textContent = title;
  button.append(number, words);
  button.title = title;
  button.addEventListener('click', () => turnTo(index + 1));
  item.append(button);
  find('ol').append(item);
});

function turnTo(number) {
  current = number;
  mark();
  find('.link').hidden = true;
  document.dispatchEvent(new CustomEvent('sr-lesson', { detail: current }));
}

function mark() {
  [...find('ol').children].forEach((item, index) => {
    if (index + 1 === current) item.firstChild.setAttribute('aria-current', 'step');
    else item.firstChild.removeAttribute('aria-current');
  });
}

// While another tab is in front, the address is not a lesson's.
new ResizeObserver(() => {
  const visible = root.offsetParent !== null;
  if (visible === shown) return;
  shown = visible;
  if (visible) return turnTo(current);
  const query = new URLSearchParams(location.search);
  const kept = new URLSearchParams([...query].filter(([name]) => name.startsWith('__')));
  history.replaceState(history.state, '', location.pathname + (String(kept) && `?${kept}`));
}).observe(root);

find('.copy').addEventListener('click', async () => {
  const url = new URL(location.href);
  url.searchParams.delete('teacher');             // the key to a class is not to be handed on
  const text = url.href.replaceAll('%2C', ',');
  const field = find('.link');
  try {
    await navigator.clipboard.writeText(text);
    find('.copy').textContent = 'Link copied';
    setTimeout(() => { find('.copy').textContent = 'Copy link'; }, 1600);
  } catch {                                       // not allowed on plain http: copy it by hand
    field.hidden = false;
    field.value = text;
    field.select();
  }
});

mark();
