'use strict';
// Plots of the joints: what the policy asked for, what was sent, what was measured, within limits.
// History of the plots and how far the chunk ahead is shown [s].
const PAST_S = 15, AHEAD_S = 2;
const STRIP_PX = 5, AXIS_PX = 14;
const plots = [];
let history = [];

function buildJoints(joints) {
  byId('joints').replaceChildren();
  plots.length = 0;
  for (const joint of joints) {
    const figure = element('figure', byId('joints'));
    const caption = element('figcaption', figure);
    element('span', caption, joint.name);
    const value = element('span', caption);
    const canvas = element('canvas', figure);
    canvas.setAttribute('role', 'img');
    canvas.setAttribute('aria-label', `${joint.name} over the last ${PAST_S} s`);
    plots.push({ joint, value, canvas });
  }
}

function showJoints(state) {
  const last = history[history.length - 1];
  // Time that runs backwards is another episode of a simulator.
  if (last && state.cycle.time_s < last.time_s) history = [];
  if (!last || state.cycle.time_s !== last.time_s) history.push(state.cycle);
  history = history.filter((cycle) => cycle.time_s > state.cycle.time_s - PAST_S);
  plots.forEach((plot, index) => draw(plot, index, state));
}

function sharp(canvas) {
  // A canvas has pixels of its own: as many as the screen shows.
  const scale = window.devicePixelRatio || 1;
  canvas.width = canvas.clientWidth * scale;
  canvas.height = canvas.clientHeight * scale;
  const pen = canvas.getContext('2d');
  pen.scale(scale, scale);
  return pen;
}

function linesOf(index, state) {
  const now = state.cycle.time_s;
  const chunk = (state.chunk || []).map((step, k) =>
    [now + state.chunk_start_s + k * state.chunk_period_s, step[index]]);
  const ahead = chunk.filter(([time]) => time >= now && time <= now + AHEAD_S);
  const series = (key) => history.map((cycle) => [cycle.time_s, cycle[key] && cycle[key][index]]);
  return [
    [series('raw'), '--raw', []], [series('filtered'), '--filtered', []],
    [series('measured'), '--measured', [4, 3]], [ahead, '--raw', [1, 3]],
  ];
}

function draw(plot, index, state) {
  const { canvas, joint } = plot;
  const style = getComputedStyle(document.documentElement);
  const colour = (name) => style.getPropertyValue(name);
  const pen = sharp(canvas);
  const width = canvas.clientWidth, height = canvas.clientHeight - STRIP_PX - AXIS_PX;
  const now = state.cycle.time_s;
  const lines = linesOf(index, state);
  const values = lines.flatMap(([line]) => line.map(([, value]) => value)).filter(Number.isFinite);
  // A joint at rest is a flat line, not its noise blown up.
  const least = (joint.upper - joint.lower) / 100;
  const middle = (Math.max(...values) + Math.min(...values)) / 2;
  const span = 1.15 * Math.max(least, Math.max(...values) - Math.min(...values));
  const x = (time) => ((time - now + PAST_S) / (PAST_S + AHEAD_S)) * width;
  const y = (value) => height / 2 - ((value - middle) / span) * height;
  const trace = (points, name, dash) => {
    pen.strokeStyle = colour(name);
    pen.setLineDash(dash);
    pen.beginPath();
    let isDown = false;
    for (const [time, value] of points) {
      if (!Number.isFinite(value)) { isDown = false; continue; }
      isDown ? pen.lineTo(x(time), y(value)) : pen.moveTo(x(time), y(value));
      isDown = true;
    }
    pen.stroke();
  };
  pen.save();
  pen.beginPath();
  pen.rect(0, 0, width, height);
  pen.clip();
  pen.strokeStyle = colour('--line');
  pen.strokeRect(x(now), -1, width, height + 2);
  pen.lineWidth = 1.6;
  for (const [line, name, dash] of lines) trace(line, name, dash);
  for (const limit of [joint.lower, joint.upper])
    trace([[now - PAST_S, limit], [now + AHEAD_S, limit]], '--bad', [6, 4]);
  pen.restore();
  drawAxes(pen, { width, height, x, now, colour, middle, span, joint });
  drawStrip(pen, { width, height, x, colour });
  const measured = state.cycle.measured[index];
  plot.value.textContent = Number.isFinite(measured)
    ? `${measured.toFixed(3)} ${joint.unit}` : '';
}

function drawAxes(pen, { width, height, x, now, colour, middle, span, joint }) {
  pen.fillStyle = colour('--soft');
  pen.font = '10px system-ui, sans-serif';
  pen.textBaseline = 'top';
  pen.fillText((middle + span / 2).toFixed(2), 2, 1);
  pen.textAlign = 'right';
  pen.fillText(`limits ${joint.lower.toFixed(2)} to ${joint.upper.toFixed(2)}`, width - 2, 1);
  pen.textAlign = 'left';
  pen.textBaseline = 'bottom';
  pen.fillText((middle - span / 2).toFixed(2), 2, height - 1);
  for (const ago of [15, 10, 5, 0]) {
    const text = ago ? `-${ago} s` : 'now';
    const left = Math.min(Math.max(0, x(now - ago) - pen.measureText(text).width / 2), width - 24);
    pen.fillText(text, left, height + STRIP_PX + AXIS_PX);
  }
}

function drawStrip(pen, { height, x, colour }) {
  // What the filter did, below the curves that it did it to.
  const names = { pass: '--good', clamp: '--raw', hold: '--warn', stop: '--bad', latched: '--bad' };
  history.forEach((cycle, k) => {
    const next = history[k + 1];
    pen.fillStyle = colour(names[cycle.verdict] || '--soft');
    const left = x(cycle.time_s), right = next ? x(next.time_s) : left + 2;
    pen.fillRect(left, height, Math.max(1, right - left), STRIP_PX);
  });
}
