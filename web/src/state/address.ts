import { goto } from '$app/navigation';
import { page } from '$app/state';

/** Sets one parameter of the address; an empty value takes it away. */
export function setParameter(name: string, value: string): void {
  const query = new URLSearchParams(page.url.searchParams);
  if (value) query.set(name, value);
  else query.delete(name);
  showQuery(query);
}

/** Shows the same page with other parameters. */
export function showQuery(query: URLSearchParams): void {
  const text = query.toString();
  void goto(text ? `?${text}` : page.url.pathname, { keepFocus: true, noScroll: true });
}
