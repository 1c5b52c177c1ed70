// The page that needs no server: its tabs, its foot, what it begins with.

import { finders } from '../ui/common.js';
import Compare from './compare.js';
import { openLessons } from './lessons.js';
import { sampleIn, tabIn } from './links.js';
import { isolated, keepAll } from './offline.js';
import Remote from './remote.js';

const [find, findAll] = finders(document);
const site = JSON.parse(find('#site').textContent);

function showTab(name) {
  for (const button of findAll('[role=tab]')) {
    const mine = button.dataset.tab === name;
    button.setAttribute('aria-selected', mine);
    button.tabIndex = mine ? 0 : -1;
    find(`#${button.dataset.tab}-panel`).hidden = !mine;
  }
}

function listenToTabs() {
  const tabs = findAll('[role=tab]');
  tabs.forEach((button, index) => {
    button.addEventListener('click', () => showTab(button.dataset.tab));
    button.addEventListener('keydown', ({ key }) => {
      const way = { ArrowLeft: -1, ArrowRight: 1 }[key];
      if (!way) return;
      const next = tabs[(index + way + tabs.length) % tabs.length];
      next.click();
      next.focus();
    });
  });
}

async function say(remote) {
  const engine = await remote.ask('describe').answer.catch(() => null);
  if (engine) find('.engine').textContent = `computed in this browser (${engine})`;
}

// A link to one of the lessons that need a server opens the first.
function checkLesson() {
  const url = new URL(location.href);
  if (Number(url.searchParams.get('lesson')) <= site.lessons.length) return;
  url.search = '?lesson=1';
  history.replaceState(history.state, '', url);
}

async function begin() {
  if (await isolated()) return;                   // the page is loaded once more
  checkLesson();
  listenToTabs();
  const tabs = findAll('[role=tab]').map((button) => button.dataset.tab);
  const sample = sampleIn(location.search, site);
  const remote = new Remote(new Worker(new URL('./worker.js', import.meta.url), { type: 'module' }));
  remote.ask('begin', { site });
  say(remote);
  const panel = find('#compare-panel');
  const compare = new Compare(panel, site, remote);
  showTab(tabIn(location.search, tabs));
  openLessons(find('#lessons-panel'), site, remote);
  panel.addEventListener('finished', async () => {
    say(remote);
    if (await keepAll()) find('.offline').textContent = 'works offline from now on';
  });
  compare.choose('sample', { name: sample });
}

begin();
