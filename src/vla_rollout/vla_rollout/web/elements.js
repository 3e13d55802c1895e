'use strict';
// What the other scripts share.
// What is older than this is no longer the present [s].
const STALE_S = 1;
const byId = (id) => document.getElementById(id);

function element(tag, parent, text = '', className = '') {
  const made = document.createElement(tag);
  made.textContent = text;
  if (className) made.className = className;
  return parent.appendChild(made);
}

function setText(node, text) {
  // Screen readers repeat what is set again.
  if (node.textContent !== text) node.textContent = text;
}
