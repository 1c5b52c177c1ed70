// A plain script, before anything is drawn: the page is dark where the system is.

const preferred = window.matchMedia('(prefers-color-scheme: dark)');
const follow = () => document.documentElement.classList.toggle('dark', preferred.matches);
preferred.addEventListener('change', follow);
follow();
