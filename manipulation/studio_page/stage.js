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
    label.setAttribute('y', Math.max(38, region.y - 14));
    svg.append(label);
    const width = label.getComputedTextLength();
    label.setAttribute('x', Math.max(15, Math.min(region.x - width / 2, 985 - width)));
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
  for (const name of ['original', 'version']) large.querySelector(`img.${name}`).src = value[name];
  if (large.open) size();
};

const flip = () => {
  const original = stage.classList.toggle('flipped');
  find('.flip').setAttribute('aria-pressed', String(original));
  find('.what').textContent = original ? 'Original, in place' : 'Stimulus';
  find('.what-predicted').textContent = original ? 'Predicted density of the original' : 'Predicted density';
};

const pick = (path) => trigger('select', { key: path.dataset.key });

// Repeated clicks on one place choose what lies beneath, one region after the other.
let last = null;
const isChosen = (path) => path.getAttribute('aria-checked') === 'true';
find('.objects').addEventListener('click', (event) => {
  const under = document.elementsFromPoint(event.clientX, event.clientY).filter((one) => one.dataset?.key && one.closest('#stage .objects'));
  if (!under.length) return;
  const again = last && Math.hypot(event.clientX - last.x, event.clientY - last.y) < 6 && under.find((one) => one.dataset.key === last.key);
  let path = under[0], instead;
  if (again && under.length > 1) {
    path = under.slice(under.indexOf(again) + 1).find((one) => !isChosen(one)) || again;
    if (path !== again && isChosen(again)) instead = last.key;
  }
  last = { x: event.clientX, y: event.clientY, key: path.dataset.key };
  if (path === again) last = null;
  trigger('select', { key: path.dataset.key, instead });
});
find('.objects').addEventListener('keydown', (event) => {
  if ((event.key === 'Enter' || event.key === ' ') && event.target.dataset.key) {
    event.preventDefault();
    pick(event.target);
  }
});
find('.flip').addEventListener('click', flip);

// Original and version at full size: side by side or in place of each other, scrolled together.
const large = element.querySelector('dialog.large');
const panes = [...large.querySelectorAll('.pane')];
let zoom = null, mode = 'side'; // null: as large as fits

const size = () => {
  const image = large.querySelector('img.version'), natural = image.naturalWidth;
  if (!natural) return image.addEventListener('load', size, { once: true });
  const visible = panes.find((one) => one.checkVisibility());
  const fit = Math.max(0.05, Math.min(visible.clientWidth, visible.clientHeight) / natural);
  const now = zoom || fit;
  for (const one of large.querySelectorAll('.pane img')) one.style.width = `${Math.round(natural * now)}px`;
  large.querySelector('output').textContent = `${Math.round(now * 100)} %`;
  const [one, other] = getComputedStyle(panes[0].parentElement).flexDirection === 'column' ? ['above', 'below'] : ['left', 'right'];
  large.querySelector('.hint').textContent = mode === 'flip' ? (large.classList.contains('original') ? 'Original' : 'Stimulus') : `${natural} pixels wide; ${one}: original, ${other}: stimulus`;
  return now;
};
const compare = (name) => {
  mode = name;
  large.classList.toggle('flip', mode === 'flip');
  large.classList.remove('original');
  for (const one of large.querySelectorAll('[data-mode]')) one.setAttribute('aria-pressed', String(one.dataset.mode === mode));
  size();
};
const flipLarge = () => {
  if (mode !== 'flip') return compare('flip');
  const from = panes.find((one) => one.checkVisibility()), at = [from.scrollLeft, from.scrollTop];
  const focused = document.activeElement === from;
  large.classList.toggle('original');
  const to = panes.find((one) => one.checkVisibility());
  [to.scrollLeft, to.scrollTop] = at;
  if (focused) to.focus();
  size();
};
const zoomBy = (factor) => { zoom = Math.min(8, Math.max(0.1, size() * factor)); size(); };
find('.enlarge').addEventListener('click', () => { zoom = null; large.showModal(); compare(mode); });
large.addEventListener('click', (event) => {
  const button = event.target.closest('button');
  if (event.target === large || button?.matches('.close')) large.close();
  else if (button?.dataset.mode) button.dataset.mode === 'flip' && mode === 'flip' ? flipLarge() : compare(button.dataset.mode);
  else if (button?.dataset.zoom === 'fit') { zoom = null; size(); }
  else if (button?.dataset.zoom) zoomBy(button.dataset.zoom === 'in' ? 1.5 : 1 / 1.5);
});
large.addEventListener('keydown', (event) => {
  if (event.key === '+' || event.key === '=') zoomBy(1.5);
  if (event.key === '-') zoomBy(1 / 1.5);
});
for (const [one, other] of [panes, [...panes].reverse()]) {
  one.addEventListener('scroll', () => {
    if (other.scrollLeft !== one.scrollLeft) other.scrollLeft = one.scrollLeft;
    if (other.scrollTop !== one.scrollTop) other.scrollTop = one.scrollTop;
  });
}

// Other tabs and windows of this browser on the same study are told of each other.
const others = new BroadcastChannel('studio'), said = element.querySelector('.two-pages');
others.onmessage = ({ data }) => {
  said.hidden = data === 'gone';
  if (data !== 'too') others.postMessage('too');
};
others.postMessage('here');
addEventListener('pagehide', () => others.postMessage('gone'));
document.addEventListener('keydown', (event) => {
  const typing = event.target.matches('textarea, input:not([type=range]):not([type=radio]):not([type=checkbox])');
  if (event.key === 'f' && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) large.open ? flipLarge() : flip();
});
watch('value', draw);
draw();
