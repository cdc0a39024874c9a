// What scripts say, in the language of the page: the server makes words.js from the tables.
import { ROWS } from "./words.js";

// The words under this key, blanks filled in; `count` chooses between one and many.
export function worded(key, blanks = {}) {
  const forms = ROWS[key].split(" | ");
  const words = forms.length > 1 && blanks.count !== 1 ? forms[1] : forms[0];
  return words.replace(/\{(\w+)\}/g, (_, name) => blanks[name]);
}
