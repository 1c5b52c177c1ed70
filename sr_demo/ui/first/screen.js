// The viewer before there is a page; the frame that it stands in hears how far it is (cover.js).

import { hear } from '../common.js';
import Viewer from '../compare/viewer.js';

export default class Screen {
  constructor(root, values) {
    const say = (what) => window.frameElement?.dispatchEvent(new Event(what));
    hear('whole', () => requestAnimationFrame(() => say('whole')));
    const viewer = new Viewer(root, values, () => {});
    window.looked = () => viewer.looked;
    say('begun');
  }
}
