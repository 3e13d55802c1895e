'use strict';
// History of the plots and how far the chunk ahead is shown [s].
const PAST_S = 15, AHEAD_S = 2;
// A cycle older than this is no longer the present [s].
const STALE_S = 1;
const byId = (id) => document.getElementById(id);
const plots = [];
const cameras = {};
let history = [], latest = null, isPaused = false;

function element(tag, parent, text = '', className = '') {
  const made = document.createElement(tag);
  made.textContent = text;
  if (className) made.className = className;
  return parent.appendChild(made);
}

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
  byId('joints').replaceChildren();
  plots.length = 0;
  for (const joint of about.joints) {
    const figure = element('figure', byId('joints'));
    const caption = element('figcaption', figure);
    element('span', caption, joint.name);
    const value = element('span', caption);
    plots.push({ joint, value, canvas: element('canvas', figure) });
  }
}

function show(state) {
  byId('instruction').textContent = state.instruction;
  for (const [name, url] of Object.entries(state.images)) if (cameras[name]) cameras[name].src = url;
  showVerdict(state.cycle);
  showAlarms(state.alarms);
  if (state.cycle) {
    const last = history[history.length - 1];
    // Time that runs backwards is another episode of a simulator.
    if (last && state.cycle.time_s < last.time_s) history = [];
    if (!last || state.cycle.time_s !== last.time_s) history.push(state.cycle);
    history = history.filter((cycle) => cycle.time_s > state.cycle.time_s - PAST_S);
    plots.forEach((plot, index) => draw(plot, index, state));
  }
}

function showVerdict(cycle) {
  const isFresh = cycle && cycle.age_s < STALE_S;
  const verdict = isFresh ? cycle.verdict : 'none';
  const badge = byId('verdict');
  badge.className = verdict;
  setText(badge, isFresh ? verdict : 'no action');
  setText(byId('reason'), isFresh ? cycle.reason : 'the filter sends nothing');
}

function setText(node, text) {
  // Screen readers repeat what is set again.
  if (node.textContent !== text) node.textContent = text;
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

function draw(plot, index, state) {
  const { canvas, joint } = plot;
  const style = getComputedStyle(document.documentElement);
  const colour = (name) => style.getPropertyValue(name);
  const scale = window.devicePixelRatio || 1;
  const width = canvas.clientWidth, height = canvas.clientHeight;
  canvas.width = width * scale;
  canvas.height = height * scale;
  const pen = canvas.getContext('2d');
  pen.scale(scale, scale);
  const now = state.cycle.time_s;
  const chunk = (state.chunk || []).map((step, k) =>
    [now + state.chunk_start_s + k * state.chunk_period_s, step[index]]);
  const ahead = chunk.filter(([time]) => time >= now && time <= now + AHEAD_S);
  const series = (key) => history.map((cycle) => [cycle.time_s, cycle[key] && cycle[key][index]]);
  const lines = [
    [series('raw'), '--raw', []], [series('filtered'), '--filtered', []],
    [series('measured'), '--measured', [4, 3]], [ahead, '--raw', [1, 3]],
  ];
  const values = lines.flatMap(([line]) => line.map(([, value]) => value)).filter(Number.isFinite);
  // A joint at rest is a flat line, not its noise blown up.
  const least = (joint.upper - joint.lower) / 100;
  const middle = (Math.max(...values) + Math.min(...values)) / 2;
  const span = 1.15 * Math.max(least, Math.max(...values) - Math.min(...values));
  const x = (time) => ((time - now + PAST_S) / (PAST_S + AHEAD_S)) * width;
  const y = (value) => height / 2 - ((value - middle) / span) * height;
  pen.strokeStyle = colour('--line');
  pen.strokeRect(x(now), -1, width, height + 2);
  pen.lineWidth = 1.6;
  for (const [line, name, dash] of lines) {
    pen.strokeStyle = colour(name);
    pen.setLineDash(dash);
    pen.beginPath();
    let isDown = false;
    for (const [time, value] of line) {
      if (!Number.isFinite(value)) { isDown = false; continue; }
      isDown ? pen.lineTo(x(time), y(value)) : pen.moveTo(x(time), y(value));
      isDown = true;
    }
    pen.stroke();
  }
  const measured = state.cycle.measured[index];
  plot.value.textContent = Number.isFinite(measured) ? measured.toFixed(3) : '';
}

function togglePause() {
  isPaused = !isPaused;
  byId('pause').setAttribute('aria-pressed', isPaused);
  if (!isPaused && latest) show(latest);
}

byId('pause').addEventListener('click', togglePause);
document.addEventListener('keydown', (event) => {
  if (event.key === 'p' && !event.ctrlKey && !event.metaKey && !event.altKey) togglePause();
});

const source = new EventSource('events');
source.addEventListener('about', (event) => build(JSON.parse(event.data)));
source.addEventListener('state', (event) => {
  latest = JSON.parse(event.data);
  if (!isPaused) show(latest);
});
source.addEventListener('error', () => {
  byId('verdict').className = 'none';
  setText(byId('verdict'), 'no connection');
  setText(byId('reason'), 'the rollout has ended, or its machine is not reached');
});
