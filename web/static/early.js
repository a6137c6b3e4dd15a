// What cannot wait until the interface is there.
(function () {
  // The theme is set before the first paint, so that nobody is blinded at night.
  var chosen = 'system';
  try {
    chosen = localStorage.getItem('unity.theme') || 'system';
  } catch (ignored) {
    // Storage may be forbidden; the system's preference is a good answer then.
  }
  var dark = chosen === 'dark' || (chosen !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches);
  document.documentElement.dataset.theme = dark ? 'dark' : 'light';

  // The browser's tables of how times and numbers are written take long to open, once for all of a page's threads.
  try {
    new Worker('/tables.js');
  } catch (ignored) {
    // They are opened when the first number is written, then.
  }

  // What the first view shows is asked for while its scripts are still being read; api/early.ts takes it.
  var early = (window.unityEarly = {});
  function ask(path) {
    return (early[path] = fetch(path, { headers: { Accept: 'application/json' } }));
  }
  function ignore() {}
  ask('/api/v1/auth')
    .then(function (answer) {
      return answer.clone().json();
    })
    .then(function (answer) {
      if (!answer.user) return;
      ['/sources?spark=true', '/summary']
        .concat(location.pathname === '/' ? ['/hosts', '/events?limit=8'] : [])
        .forEach(function (path) {
          ask('/api/v1' + path).catch(ignore);
        });
    })
    .catch(ignore);
})();
