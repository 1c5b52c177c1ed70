// A tab's address while it is in front, and the button that copies it.

import { copyAddress, queryOf } from './address.js';
import { finders, hear, tell } from './common.js';

// `value` is {tab, compared}: its name in addresses, and whether it shows what is compared.
export default class Share {
  constructor(root, { value }) {
    Object.assign(this, { root, value, link: {} });
    [this.find] = finders(root);
    this.shown = false;
    this.find('button').addEventListener('click', () => this.copy());
    hear('link', ({ link }) => {
      this.link = link || {};
      if (this.shown) this.write();
    });
    tell('asked');                                // this tab may be opened long after the comparison
    new ResizeObserver(() => this.follow()).observe(root);
  }

  follow() {                                      // in front, or behind another tab
    const shown = this.root.offsetParent !== null;
    if (shown && !this.shown) this.write();
    if (!shown) this.find('output').textContent = '';
    this.shown = shown;
  }

  write() {
    const { own, ...compared } = this.value.compared ? this.link : {};
    const query = queryOf(compared, { tab: this.value.tab }, location.search);
    const state = own ? { own } : null;
    history.replaceState(state, '', location.pathname + query + location.hash);
  }

  async copy() {
    const complete = !this.value.compared || Boolean(this.link.sample);
    this.find('output').textContent = await copyAddress(complete);
  }
}
