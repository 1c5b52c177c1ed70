// Everything that computes, away from the page. Asked {id, question, details} it answers {id,
// answer} or {id, error}, with any number of {id, news} before; {cancel: id} ends a work at the next
// tile. One work at a time.

import Compared from './compared.js';
import Engine, { Cancelled } from './engine.js';

const cancelled = new Set();
let compared = null;
let last = Promise.resolve();                     // the work before

const breath = () => new Promise((resolve) => { setTimeout(resolve); });   // messages come in

const QUICK = {
  begin: ({ site }) => { compared = new Compared(new Engine(site), site.heat); },
  describe: () => compared.engine.describe(),
  crop: (details) => compared.crop(details),
};
const WORK = {
  compare: (details, tell, goOn) => compared.compare(details, tell, goOn),
  open: (details) => compared.open(details),
  lesson: (details, tell, goOn) => compared.lesson(details, goOn),
};

async function answer({ id, question, details }) {
  const tell = (news) => self.postMessage({ id, news });
  const goOn = async () => {
    await breath();
    if (cancelled.has(id)) throw new Cancelled();
  };
  try {
    const act = QUICK[question] || WORK[question];
    self.postMessage({ id, answer: await act(details, tell, goOn) });
  } catch (error) {
    const reason = error instanceof Cancelled ? { cancelled: true } : { error: plain(error) };
    self.postMessage({ id, ...reason });
  } finally {
    cancelled.delete(id);
  }
}

function plain(error) {
  if (error instanceof RangeError) return 'This browser ran out of memory: try a smaller picture.';
  return String(error?.message || error);
}

self.addEventListener('message', ({ data }) => {
  if (data.cancel) cancelled.add(data.cancel);
  else if (data.question in QUICK) answer(data);
  else last = last.then(() => answer(data));
});
