// What an address says of a comparison: ?sample=coffee&scale=4&crop=120,80,64,48&zoom=2. A picture
// of one's own has no name there: the browser keeps its number beside the address.

import { copyAddress, queryOf, tabIn } from '../address.js';

const LATER = 400;                                // ms: browsers allow no more than a few a second

// Whether two queries differ in what is compared: then Back leads from one to the other.
export function turns(before, after) {
  const compared = (search) => ['sample', 'scale', 'mode', 'degrade', 'methods']
    .map((name) => new URLSearchParams(search).get(name) || '').join();
  return compared(before) !== compared(after);
}

export default class Address {
  // `revisit` is told the query, as an object, of an address that Back or Forward leads to, and the
  // tab that it names.
  constructor(revisit) {
    this.timer = 0;
    this.begun = false;
    window.addEventListener('popstate', ({ state }) => {
      clearTimeout(this.timer);
      if (!this.begun) return;
      const { lesson, ...query } = Object.fromEntries(new URLSearchParams(location.search));
      const compared = query.sample || state?.own;
      revisit(!lesson && compared && { ...query, own: state?.own }, tabIn(location.search));
    });
  }

  get zoom() {                                    // that a link asks for; 0 if none
    return Number(new URLSearchParams(location.search).get('zoom')) || 0;
  }

  // What to say of the copy; `complete`: the address opens what is seen.
  copy(complete) {
    return copyAddress(complete);
  }

  // `current` gives [what is compared, how it is looked at] once it is time, or null.
  later(current) {
    clearTimeout(this.timer);
    if (this.begun) this.timer = setTimeout(() => this.write(current()), LATER);
    else this.write(current());                   // at once: where Back leads to
  }

  write(said) {
    if (!said) return;
    const [{ own, ...compared }, looked] = said;
    const query = queryOf(compared, looked, location.search);
    const url = location.pathname + query + location.hash;
    const state = own ? { own } : null;
    if (this.begun && turns(location.search, query)) history.pushState(state, '', url);
    else history.replaceState(state, '', url);
    this.begun = true;
  }
}
