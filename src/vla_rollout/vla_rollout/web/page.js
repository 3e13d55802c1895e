'use strict';
// Shows what the rollout streams: verdict, alarms, cameras; joints.js and desk.js show the rest.
// A stream that is silent for so long has broken, whatever the browser thinks [ms].
const SILENT_MS = 2000;
const cameras = {};
let latest = null, isFrozen = false, heardAt = 0;

function build(about) {
  byId('robot').textContent = about.robot;
  document.title = `Rollout ${about.robot}`;
  byId('cameras').replaceChildren();
  for (const name of about.cameras) {
    const figure = element('figure', byId('cameras'));
    cameras[name] = element('img', figure);
    cameras[name].alt = `camera ${name}`;
    element('figcaption', figure, name);
  }
  buildJoints(about.joints);
}

function show(state) {
  byId('instruction').textContent = state.instruction;
  for (const [name, url] of Object.entries(state.images)) if (cameras[name]) cameras[name].src = url;
  if (state.cycle) showJoints(state);
}

function showVerdict(cycle) {
  const isFresh = cycle && cycle.age_s < STALE_S;
  const verdict = isFresh ? cycle.verdict : 'none';
  const badge = byId('verdict');
  badge.className = verdict;
  setText(badge, isFresh ? verdict : 'no action');
  setText(byId('reason'), isFresh ? cycle.reason : 'the filter sends nothing');
}

function showAlarms(alarms) {
  const list = byId('alarms');
  const key = JSON.stringify(alarms.map(({ source, level, text }) => [source, level, text]));
  if (list.dataset.key === key) return;
  list.dataset.key = key;
  list.replaceChildren();
  for (const alarm of alarms) {
    const item = element('li', list, '', alarm.level);
    element('strong', item, `${alarm.source}: `);
    element('span', item, alarm.text);
  }
  if (!alarms.length) element('li', list, 'none', 'quiet');
}

function take(state) {
  latest = state;
  heardAt = Date.now();
  // What an operator acts on is always the present; only pictures and curves freeze.
  showVerdict(state.cycle);
  showAlarms(state.alarms);
  showDesk(state);
  if (!isFrozen) show(state);
  if (state.desk.finished) finish(state.desk.finished);
}

function finish(text) {
  source.close();
  allow([]);
  byId('verdict').className = 'none';
  setText(byId('verdict'), 'ended');
  setText(byId('reason'), '');
  setText(byId('said'), text);
}

function lose() {
  if (latest?.desk.finished) return;
  allow([]);
  byId('verdict').className = 'none';
  setText(byId('verdict'), 'no connection');
  setText(byId('reason'), 'the rollout has ended, or its machine is not reached');
}

function toggleFreeze() {
  isFrozen = !isFrozen;
  byId('freeze').setAttribute('aria-pressed', isFrozen);
  if (!isFrozen && latest) show(latest);
}

byId('freeze').addEventListener('click', toggleFreeze);
const source = new EventSource('events');
source.addEventListener('about', (event) => build(JSON.parse(event.data)));
source.addEventListener('state', (event) => take(JSON.parse(event.data)));
source.addEventListener('error', lose);
setInterval(() => { if (latest && Date.now() - heardAt > SILENT_MS) lose(); }, SILENT_MS / 4);
allow([]);
