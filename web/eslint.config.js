import js from '@eslint/js';
import svelte from 'eslint-plugin-svelte';
import globals from 'globals';
import ts from 'typescript-eslint';
import svelteConfig from './svelte.config.js';

export default ts.config(
  { ignores: ['dist/', '.svelte-kit/', 'node_modules/', 'src/api/types.gen.ts', 'static/'] },
  js.configs.recommended,
  ...ts.configs.strict,
  ...ts.configs.stylistic,
  ...svelte.configs.recommended,
  {
    languageOptions: { globals: { ...globals.browser, ...globals.node } },
    rules: {
      // TypeScript itself reports names that are not defined.
      'no-undef': 'off',
      '@typescript-eslint/consistent-type-definitions': ['error', 'interface'],
      '@typescript-eslint/no-non-null-assertion': 'error',
      eqeqeq: 'error',
      'no-console': 'error',
      'max-lines': ['error', 400],
      // Pages are served from the root; there is no base path to resolve.
      'svelte/no-navigation-without-resolve': 'off',
      // Text from outside is never put in as markup.
      'svelte/no-at-html-tags': 'error',
      // Maps and addresses that only live within a function need not be followed.
      'svelte/prefer-svelte-reactivity': 'off',
    },
  },
  {
    files: ['**/*.svelte', '**/*.svelte.ts'],
    languageOptions: {
      parserOptions: { parser: ts.parser, extraFileExtensions: ['.svelte'], svelteConfig },
    },
    rules: {
      // A destructured prop with a default is declared with let by Svelte's rules.
      'prefer-const': 'off',
    },
  },
);
