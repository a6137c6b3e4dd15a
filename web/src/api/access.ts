import { request } from './client';
import type {
  AuditEntry,
  AuthState,
  FactorOffer,
  List,
  LoginAnswer,
  MadeToken,
  MyAccount,
  NewToken,
  Role,
  Session,
  Token,
  User,
  UserChange,
} from './types';

// Requests about who may use Unity.

const id = encodeURIComponent;

export const getAuth = () => request<AuthState>('GET', '/auth');
export const setUp = (body: { code: string; name: string; password: string }) =>
  request<LoginAnswer>('POST', '/auth/setup', { body });
export const login = (body: { name: string; password: string; code?: string }) =>
  request<LoginAnswer>('POST', '/auth/login', { body });
export const logout = () => request<{ address?: string }>('POST', '/auth/logout');

export const getMe = () => request<MyAccount>('GET', '/me');
export const changePassword = (current: string, password: string) =>
  request<undefined>('POST', '/me/password', { body: { current, password } });
export const offerFactor = () => request<FactorOffer>('POST', '/me/factor');
export const setFactor = (current: string, secret: string, code: string) =>
  request<{ codes: string[] }>('PUT', '/me/factor', { body: { current, secret, code } });
export const removeFactor = (current: string) =>
  request<undefined>('POST', '/me/factor/remove', { body: { current } });
/** Resolves with where to go at the provider; it leads back to the page of the account. */
export const linkAccount = (current: string) =>
  request<{ address: string }>('POST', '/me/oidc', { body: { current } });
export const unlinkAccount = (current: string) =>
  request<undefined>('POST', '/me/oidc/remove', { body: { current } });

export const listSessions = () => request<List<Session>>('GET', '/sessions');
export const endSession = (session: string) => request<undefined>('DELETE', `/sessions/${id(session)}`);
export const listTokens = () => request<List<Token>>('GET', '/tokens');
export const createToken = (body: NewToken) => request<MadeToken>('POST', '/tokens', { body });
export const revokeToken = (token: string) => request<undefined>('DELETE', `/tokens/${id(token)}`);

export const listUsers = () => request<List<User>>('GET', '/users');
export const createUser = (body: { name: string; role: Role; password: string }) =>
  request<User>('POST', '/users', { body });
export const updateUser = (user: string, body: UserChange) =>
  request<User>('PUT', `/users/${id(user)}`, { body });
export const deleteUser = (user: string) => request<undefined>('DELETE', `/users/${id(user)}`);
export const listAudit = (cursor = '') => request<List<AuditEntry>>('GET', '/audit', { query: { cursor } });
