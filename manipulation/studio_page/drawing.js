// The tools above the pictures: reports clicks and loops on the photograph, draws what they come to.
const bar = element.querySelector('.drawing');
const part = (name) => bar.querySelector(name);
const stageNow = () => document.querySelector('#stage .stage');
const draftNow = () => document.querySelector('#stage .draft');
let tool = 'choose', line = null, cross = [500, 500], keeping = false;

const pressed = (button, is) => button.setAttribute('aria-pressed', String(is));
const isAway = (event) => event.shiftKey || part('.away').getAttribute('aria-pressed') === 'true';
const drawLine = () => draftNow().querySelector('polyline').setAttribute('points', (line || []).map((one) => one.join()).join(' '));
const drawCross = () => draftNow().querySelector('.cross').setAttribute('transform', `translate(${cross})`);

const send = (stroke) => {
  stageNow().classList.add('waiting');
  trigger('select', stroke);
};

const take = (name) => {
  tool = name;
  stageNow().dataset.tool = bar.dataset.tool = name;
  for (const button of bar.querySelectorAll('[data-tool]')) pressed(button, button.dataset.tool === name);
  draftNow().setAttribute('tabindex', name === 'click' ? '0' : '-1');
  drawCross();
};

const at = (event) => {
  const box = draftNow().getBoundingClientRect();
  const within = (value, from, length) => Math.round(Math.min(1000, Math.max(0, (value - from) / length * 1000)));
  return [within(event.clientX, box.left, box.width), within(event.clientY, box.top, box.height)];
};

const show = () => {
  const value = props.value, draft = draftNow();
  if (!value || !draft) return;
  stageNow().classList.remove('waiting');
  draft.querySelector('.region').setAttribute('d', value.outline);
  line = null;
  drawLine();
  if (keeping && !value.strokes) part('.name').value = '';
  keeping = false;
  bar.dataset.strokes = value.strokes;
  for (const name of ['undo', 'clear']) part(`[data-act=${name}]`).disabled = !value.strokes;
  for (const name of ['smaller', 'larger']) part(`[data-act=${name}]`).disabled = !value.resizable;
  part('.keep').disabled = part('.name').disabled = !value.outline;
  const listed = part('.kept select'), before = listed.value;
  listed.replaceChildren(...value.kept.map((one) => new Option(one.label, one.id)));
  if (value.kept.some((one) => String(one.id) === before)) listed.value = before;
  listed.hidden = part('.remove').hidden = !value.kept.length;
  part('.restore').hidden = !value.removed;
  part('.restore').title = value.removed && `brings back ${value.removed}`;
  part('.hint').textContent = value.outline ? `${(value.share * 100).toFixed(1)} % of the picture` : '';
};

const keep = () => {
  keeping = true;
  trigger('submit', { act: 'keep', name: part('.name').value });
};

bar.addEventListener('click', (event) => {
  const button = event.target.closest('button');
  if (!button) return;
  if (button.dataset.tool) take(button.dataset.tool);
  else if (button.dataset.act) send({ act: button.dataset.act });
  else if (button.matches('.away')) pressed(button, button.getAttribute('aria-pressed') !== 'true');
  else if (button.matches('.keep')) keep();
  else if (button.matches('.remove')) trigger('submit', { act: 'remove', region: Number(part('.kept select').value) });
  else if (button.matches('.restore')) trigger('submit', { act: 'restore' });
});
part('.name').addEventListener('keydown', (event) => {
  if (event.key === 'Enter' && !part('.keep').disabled) keep();
});

const onDraft = (event) => tool !== 'choose' && event.target.closest?.('#stage .draft');
document.addEventListener('pointerdown', (event) => {
  if (!onDraft(event) || event.button !== 0) return;
  if (tool === 'loop') {
    event.preventDefault();
    draftNow().setPointerCapture(event.pointerId);
  }
  line = [at(event)];
});
document.addEventListener('pointermove', (event) => {
  if (!line || tool !== 'loop' || !onDraft(event)) return;
  const point = at(event), last = line.at(-1);
  if (Math.hypot(point[0] - last[0], point[1] - last[1]) < 3) return;
  line.push(point);
  drawLine();
});
document.addEventListener('pointerup', (event) => {
  if (line && onDraft(event)) {
    if (tool === 'click') send({ act: 'click', at: cross = at(event), away: isAway(event) });
    else send({ act: 'loop', corners: line, away: isAway(event) });
  }
  if (tool === 'click') line = null;
});
document.addEventListener('pointercancel', () => { if (line) { line = null; drawLine(); } });
document.addEventListener('keydown', (event) => {
  if (tool === 'choose' || event.target.matches('textarea, input[type=text]')) return;
  const moves = { ArrowLeft: [-10, 0], ArrowRight: [10, 0], ArrowUp: [0, -10], ArrowDown: [0, 10] };
  if (event.key === 'z' && (event.ctrlKey || event.metaKey) && !part('[data-act=undo]').disabled) {
    event.preventDefault();
    send({ act: 'undo' });
  } else if (tool === 'click' && event.target === draftNow() && moves[event.key]) {
    event.preventDefault();
    cross = cross.map((one, axis) => Math.min(1000, Math.max(0, one + moves[event.key][axis])));
    drawCross();
  } else if (tool === 'click' && event.target === draftNow() && event.key === 'Enter') {
    event.preventDefault();
    send({ act: 'click', at: cross, away: isAway(event) });
  }
});
watch('value', show);
bar.dataset.tool = tool;
show();
