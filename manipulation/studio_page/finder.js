// Finds objects in a long list: hides those whose name has not what is typed.
const finder = element.querySelector('.finder');
const typed = finder.querySelector('input'), count = finder.querySelector('.hint');
const FEWEST = 12;

const filter = () => {
  const labels = [...document.querySelectorAll('#objects label')];
  finder.hidden = labels.length <= FEWEST;
  if (finder.hidden) typed.value = '';
  const wanted = typed.value.trim().toLowerCase();
  let shown = 0;
  for (const label of labels) {
    const is = !wanted || label.innerText.toLowerCase().includes(wanted) || label.querySelector('input').checked;
    label.classList.toggle('not-found', !is);
    shown += is;
  }
  const text = wanted ? `${shown} of ${labels.length}` : '';
  if (count.textContent !== text) count.textContent = text;
};

typed.addEventListener('input', filter);
const begin = () => {
  const objects = document.querySelector('#objects');
  if (!objects) return requestAnimationFrame(begin);
  new MutationObserver(filter).observe(objects, { childList: true, subtree: true });
  filter();
};
begin();
