// In the gallery the answers are made up. The condition is known when the
// interface is built, so that nothing of it is in the product.
if (import.meta.env.MODE === 'gallery') {
  const { pretend } = await import('../gallery/pretend');
  pretend();
}
