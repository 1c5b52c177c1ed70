// Saves a file. Not the one that it begins with: only what comes later was asked for.

import { make } from './common.js';

export default class Download {
  update({ value }) {
    if (!value) return;
    const link = make('a');
    link.href = value.file.url;
    link.download = value.file.orig_name;
    link.click();
  }
}
