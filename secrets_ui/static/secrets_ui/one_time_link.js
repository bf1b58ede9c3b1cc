// The code of a one-time link stands behind the # of its address: into the form with it, and out of
// the address, so that it stays in no history.

import { find } from "./dom.js";

const form = find("[data-one-time-link]", document);
if (form && location.hash.length > 1) {
  find("[name=code]", form).value = location.hash.slice(1);
  history.replaceState(null, "", location.pathname);
  find("[name=new_password1]", form).focus();
}
