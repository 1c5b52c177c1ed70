// What an address says of a comparison: ?sample=coffee&scale=4&crop=120,80,64,48&zoom=2. Gradio's
// own parameters, such as __theme, stay.

const LATER = 400;                                // ms: browsers allow no more than a few a second

// The query for what is compared and how it is looked at; what is null or '' is left out.
export function queryOf(compared, looked, search) {
  const query = new URLSearchParams(
    [...new URLSearchParams(search)].filter(([name]) => name.startsWith('__')),
  );
  for (const [name, value] of Object.entries({ ...compared, ...looked })) {
    if (value !== null && value !== undefined && value !== '') query.set(name, value);
  }
  const text = String(query).replaceAll('%2C', ',');
  return text && `?${text}`;
}

// Whether two queries differ in what is compared: then Back leads from one to the other.
export function turns(before, after) {
  const compared = (search) => ['sample', 'scale', 'mode', 'degrade', 'methods']
    .map((name) => new URLSearchParams(search).get(name) || '').join();
  return compared(before) !== compared(after);
}

export default class Address {
  // `revisit` is told the query, as an object, of an address that Back or Forward leads to.
  constructor(revisit) {
    this.timer = 0;
    this.begun = false;
    window.addEventListener('popstate', () => {
      clearTimeout(this.timer);
      const query = Object.fromEntries(new URLSearchParams(location.search));
      if (this.begun && !query.lesson && (!query.tab || query.tab === 'compare')) revisit(query);
    });
  }

  get zoom() {                                    // that a link asks for; 0 if none
    return Number(new URLSearchParams(location.search).get('zoom')) || 0;
  }

  // What to say of the copy; `complete`: the address opens what is seen.
  async copy(complete) {
    const limit = complete ? '' : ' It opens the page, not your picture.';
    try {
      await navigator.clipboard.writeText(location.href);
      return `Link copied.${limit}`;
    } catch {                                     // not allowed on plain http
      return `Copy this: ${location.href}${limit}`;
    }
  }

  // `current` gives [what is compared, how it is looked at] once it is time, or null.
  later(current) {
    clearTimeout(this.timer);
    if (this.begun) this.timer = setTimeout(() => this.write(current()), LATER);
    else this.write(current());                   // at once: where Back leads to
  }

  write(said) {
    if (!said) return;
    const query = queryOf(...said, location.search);
    const url = location.pathname + query + location.hash;
    if (this.begun && turns(location.search, query)) history.pushState(null, '', url);
    else history.replaceState(history.state, '', url);
    this.begun = true;
  }
}
