// The four pictures: draws what `props.value` holds, reports clicks on objects, flips in place.
const stage = element.querySelector('.stage');
const find = (name) => stage.querySelector(name);
const SVG = 'http://www.w3.org/2000/svg';

const outlined = (region) => {
  const path = document.createElementNS(SVG, 'path');
  path.setAttribute('d', region.outline);
  path.setAttribute('fill-rule', 'evenodd');
  if (region.aim) path.classList.add('aim');
  return path;
};

const drawObjects = (regions) => {
  const svg = find('.objects');
  const focused = document.activeElement?.dataset?.key;
  svg.replaceChildren();
  for (const region of regions.filter((one) => one.single || one.chosen)) {
    const path = outlined(region);
    path.classList.toggle('chosen', region.chosen);
    const title = document.createElementNS(SVG, 'title');
    title.textContent = region.name;
    path.append(title);
    if (region.single) {
      path.dataset.key = region.key;
      path.setAttribute('tabindex', '0');
      path.setAttribute('role', 'checkbox');
      path.setAttribute('aria-checked', String(region.chosen || region.covered));
      path.setAttribute('aria-label', region.name);
    } else {
      path.classList.add('union');
    }
    svg.append(path);
    if (focused && focused === region.key) path.focus();
  }
  for (const region of regions.filter((one) => one.chosen)) {
    const label = document.createElementNS(SVG, 'text');
    label.textContent = region.name;
    const anchor = region.x > 800 ? 'end' : region.x < 200 ? 'start' : 'middle';
    label.setAttribute('x', region.x > 800 ? 985 : region.x < 200 ? Math.max(15, region.x - 60) : region.x);
    label.setAttribute('y', Math.max(38, region.y - 14));
    label.setAttribute('text-anchor', anchor);
    svg.append(label);
  }
  for (const other of stage.querySelectorAll('.outlines')) {
    other.replaceChildren(...regions.filter((one) => one.chosen).map(outlined));
  }
};

const draw = () => {
  const value = props.value;
  if (!value) return;
  for (const name of ['original', 'version', 'target', 'predicted']) find(`img.${name}`).src = value[name];
  const [photograph, density] = stage.querySelectorAll('.under');
  photograph.src = value.original;
  density.src = value.predicted_original;
  drawObjects(value.regions);
  stage.dataset.stage = value.stage;
};

const flip = () => {
  const original = stage.classList.toggle('flipped');
  find('.flip').setAttribute('aria-pressed', String(original));
  find('.what').textContent = original ? 'Original, in place' : 'Stimulus';
  find('.what-predicted').textContent = original ? 'Predicted density of the original' : 'Predicted density';
};

const pick = (path) => trigger('select', { key: path.dataset.key });

find('.objects').addEventListener('click', (event) => {
  const path = event.target.closest('path[data-key]');
  if (path) pick(path);
});
find('.objects').addEventListener('keydown', (event) => {
  if ((event.key === 'Enter' || event.key === ' ') && event.target.dataset.key) {
    event.preventDefault();
    pick(event.target);
  }
});
find('.flip').addEventListener('click', flip);
document.addEventListener('keydown', (event) => {
  const typing = event.target.matches('textarea, input:not([type=range]):not([type=radio]):not([type=checkbox])');
  if (event.key === 'f' && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) flip();
});
watch('value', draw);
draw();
