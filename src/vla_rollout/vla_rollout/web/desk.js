'use strict';
// The operator's buttons and keys, the same as those of the terminal, and how far the run is.
const KEYS = {
  ' ': 'start', s: 'success', f: 'failure', d: 'discard', p: 'pause', t: 'take_over',
  b: 'hand_back', q: 'stop', Escape: 'e_stop',
};
// Longer than this nobody waits for an order that was not answered [ms].
const ANSWER_MS = 6000;
// An e-stop that is not answered is sent again after this [ms].
const AGAIN_MS = 300, TRIES = 10;
const orders = [...document.querySelectorAll('[data-order]')];

async function press(name, patienceMs = ANSWER_MS) {
  const answer = await fetch(`press/${name}`, {
    method: 'POST', headers: { 'Content-Type': 'application/json' }, body: '{}',
    signal: AbortSignal.timeout(patienceMs),
  });
  return { isDone: answer.ok, said: (await answer.json()).said };
}

async function order(name) {
  try {
    const { isDone, said } = await press(name);
    setText(byId('said'), isDone ? said : `not done: ${said}`);
  } catch {
    setText(byId('said'), `'${name}' was not delivered: no connection to the rollout`);
  }
}

async function stopArm() {
  for (let k = 0; k < TRIES; k++) {
    try {
      const { isDone, said } = await press('e_stop', AGAIN_MS);
      if (isDone) {
        byId('undelivered').hidden = true;
        setText(byId('said'), said);
        return;
      }
    } catch {
      byId('undelivered').hidden = false;
      setText(byId('undelivered'),
        'The e-stop is NOT delivered: press the emergency stop of the robot.');
      await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
    }
  }
}

function showDesk(state) {
  const desk = state.desk;
  setText(byId('episode'), `${desk.episode} of ${desk.episodes}: ${desk.phase}`);
  setText(byId('rate'), desk.rate ? `success ${desk.rate}` : 'no episode counted yet');
  if (desk.said !== showDesk.said) setText(byId('said'), desk.said);
  showDesk.said = desk.said;
  byId('e_stop').classList.toggle('pressed', desk.e_stop);
  allow(desk.allowed);
  showFacts(state);
}

function allow(names) {
  for (const button of orders) button.disabled = !names.includes(button.dataset.order);
}

function showFacts(state) {
  const facts = [['speed', state.speed === null ? 'stands' : `${Math.round(100 * state.speed)} %`]];
  facts.push(['commanded by', state.human.length ? `human: ${state.human.join(', ')}` : 'policy']);
  const { age_s: age, allowed_s: allowed } = state.answer;
  if (allowed)
    facts.push(['answer', `${ms(age)} old, its chunk plays ${ms(allowed)}`, age > allowed]);
  for (const [name, { hz, age_s }] of Object.entries(state.rates))
    if (name !== 'policy_chunk') facts.push([name, `${hz.toFixed(0)} Hz, ${ms(age_s)} old`, age_s > STALE_S]);
  const list = byId('facts');
  while (list.children.length > facts.length) list.lastElementChild.remove();
  facts.forEach(([name, text, isBad], k) => {
    const row = list.children[k] || element('div', list);
    if (!row.children.length) { element('dt', row); element('dd', row); }
    setText(row.children[0], name);
    setText(row.children[1], text);
    row.className = isBad ? 'error' : '';
  });
}

function ms(seconds) {
  return seconds < 10 ? `${Math.round(1000 * seconds)} ms` : `${Math.round(seconds)} s`;
}

for (const button of orders) button.addEventListener('click', () => order(button.dataset.order));
// Down, not up again: a stop counts from the touch. A click is what a keyboard or a switch makes.
byId('e_stop').addEventListener('pointerdown', stopArm);
byId('e_stop').addEventListener('click', (event) => { if (event.detail === 0) stopArm(); });
document.addEventListener('keydown', (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
  if (event.key === 'z') toggleFreeze();
  const name = KEYS[event.key];
  // On a button the space bar presses that button.
  if (!name || (event.key === ' ' && event.target.tagName === 'BUTTON')) return;
  event.preventDefault();
  name === 'e_stop' ? stopArm() : order(name);
});
