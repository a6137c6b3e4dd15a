// SvelteKit's own types; the interface adds none to them.
declare global {
  namespace App {}
}

export {};
