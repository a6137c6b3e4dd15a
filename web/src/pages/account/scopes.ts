import type { NewToken, Role } from '~/api/types';

/** The scopes that are worth something to somebody with a role. */
export function scopesFor(role: Role | undefined): NewToken['scope'][] {
  if (role === 'admin') return ['read', 'write', 'admin'];
  return role === 'editor' ? ['read', 'write'] : ['read'];
}
