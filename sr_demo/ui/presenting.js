// Presenter mode, for a projector: text larger by 1.4, controls folded, the toolbar one line. page.css
// says how it looks.

const ON = 'sr-presenting';

export function present() {
  const on = document.documentElement.classList.toggle(ON);
  window.dispatchEvent(new Event('resize'));      // the panes take the room that is left
  return on;
}
