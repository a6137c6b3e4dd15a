// Sets the theme before the first paint, so that nobody is blinded at night.
(function () {
  var chosen = 'system';
  try {
    chosen = localStorage.getItem('unity.theme') || 'system';
  } catch (ignored) {
    // Storage may be forbidden; the system's preference is a good answer then.
  }
  var dark = chosen === 'dark' || (chosen !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches);
  document.documentElement.dataset.theme = dark ? 'dark' : 'light';
})();
