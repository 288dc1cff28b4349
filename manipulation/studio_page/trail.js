// The versions that were looked at, side by side, to be taken again; and the saves that can be undone.
const trail = element.querySelector('.trail');

const made = (name, text, parent) => {
  const one = document.createElement(name);
  one.textContent = text;
  parent.append(one);
  return one;
};

const card = (one, number) => {
  const item = document.createElement('li'), button = made('button', '', item);
  button.type = 'button';
  button.dataset.number = number;
  if (one.now) button.setAttribute('aria-current', 'true');
  const image = made('img', '', button);
  image.src = one.picture;
  image.alt = '';
  made('span', `${number + 1}. ${one.asked}`, button).className = 'asked';
  made('span', one.comes_to, button);
  if (one.saved) made('span', 'in the study', button).className = 'saved';
  return item;
};

const draw = () => {
  const value = props.value;
  if (!value) return;
  trail.querySelector('.tried').replaceChildren(...value.tried.map(card));
  trail.querySelector('.none').hidden = value.tried.length > 0;
  const saves = trail.querySelector('.saves');
  saves.hidden = !value.saves.length;
  saves.querySelector('summary').textContent = `Saves that can be undone: ${value.saves.length}`;
  const list = saves.querySelector('ol');
  list.replaceChildren();
  for (const one of value.saves) made('li', `${one.what}, ${one.when}`, list);
};

trail.addEventListener('click', (event) => {
  const button = event.target.closest('button[data-number]');
  if (button) trigger('select', { number: Number(button.dataset.number) });
});
watch('value', draw);
draw();
