// A plain script, before Gradio's: the first screen in a frame over the page, until that shows it.

(() => {
  const PATIENCE = 1500;                          // ms that Gradio waits for the pictures
  const BUSY = 5000;                              // ms that a page may take which has begun

  const frame = document.createElement('iframe');
  frame.title = 'The first pictures';
  frame.style.cssText =
    'position: fixed; inset: 0; z-index: 50; width: 100%; height: 100%; border: 0; visibility: hidden';
  frame.src = `first${location.search}`;
  document.documentElement.append(frame);

  const begin = () => {
    for (const waiting of document.querySelectorAll('[data-entry]')) {
      const script = document.createElement('script');
      script.type = 'module';
      script.crossOrigin = '';
      script.src = waiting.src;
      waiting.replaceWith(script);
    }
  };
  const uncover = () => {
    document.removeEventListener('sr-demo', hear);
    begin();
    if (!frame.isConnected) return;
    const { looked, scrollY } = frame.contentWindow;
    const detail = looked && { ...looked(), active: document.activeElement === frame };
    frame.remove();
    if (!detail) return;
    document.dispatchEvent(new CustomEvent('sr-demo', { detail: { ...detail, what: 'resume' } }));
    window.scrollTo(0, scrollY);
  };
  const hear = ({ detail }) => {
    if (detail.what === 'whole') uncover();
    if (detail.what === 'compared') setTimeout(uncover, BUSY);
  };
  document.addEventListener('sr-demo', hear);
  frame.addEventListener('begun', () => { frame.style.visibility = ''; });
  frame.addEventListener('whole', begin);
  frame.addEventListener('load', () => {          // an empty document: nothing was at hand
    if (!frame.contentDocument.querySelector('#viewer')) uncover();
  });
  document.addEventListener('DOMContentLoaded', () => setTimeout(begin, PATIENCE));
})();
