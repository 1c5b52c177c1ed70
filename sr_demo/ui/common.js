// What components share about the page itself.

export function make(tag, className, text) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  if (text !== undefined) node.textContent = text;
  return node;
}

export function makeButton(text, act) {
  const button = make('button', '', text);
  button.type = 'button';
  button.addEventListener('click', act);
  return button;
}

// Both within a root: the first that matches, and all as an array.
export function finders(root) {
  return [
    (selector) => root.querySelector(selector),
    (selector) => [...root.querySelectorAll(selector)],
  ];
}

export const press = (button, on) => button.setAttribute('aria-pressed', on);
export const calm = () => window.matchMedia('(prefers-reduced-motion: reduce)').matches;
export const density = () => window.devicePixelRatio || 1;   // screen pixels per CSS pixel

// A picture may be swapped in once it is decoded: no flash. One that fails is shown as such.
export const decoded = (image) => image.decode().catch(() => {});

export const ARROWS = {
  ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1],
};

// Components tell each other by one event of the document:
//   open      {pane}          show this picture alone, in the comparison
//   viewed    {view, box}     what the comparison's panes show, and its crop: [left, top, width, height],
//                             as fractions of the picture
//   look      {x, y}          show this place in the panes, as fractions of the picture
//   whole     {}              every pane of a finished comparison has its picture
//   resume    {view, fits, solo, box, active}   look on as in the first screen, which came before
//   compared  {}              the comparison has begun, ended or stopped
//   link      {link}          what an address says of the comparison
//   asked     {}              a tab wants to hear that
//   lesson    {number}        this lesson is open now
const EVENT = 'sr-demo';

export function tell(what, details = {}) {
  document.dispatchEvent(new CustomEvent(EVENT, { detail: { ...details, what } }));
}

export function hear(what, act) {
  document.addEventListener(EVENT, ({ detail }) => detail.what === what && act(detail));
}
