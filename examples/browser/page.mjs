import { open } from 'isocache';

const cache = await open({ maxBytes: 4 * 1024 * 1024 });
const result = document.querySelector('#result');

// Stands for fetch(`/api/search?q=${query}`).
let requests = 0;
async function search(query) {
  ++requests;
  return `${query.length} letters, for example ${[...query].sort().join('')}`;
}

document.querySelector('#query').addEventListener('input', async ({ target: { value } }) => {
  if (value === '') return;
  const found = await cache.getOrSet(`search:${value}`, () => search(value), { ttl: 5 * 60_000 });
  result.textContent = `${found}\nrequests: ${requests}, items in the cache: ${cache.size}`;
});
document.body.dataset.ready = 'yes';
