import js from '@eslint/js';
import globals from 'globals';

export default [
  { ignores: ['.venv/', 'node_modules/', 'site/', 'docs/', 'docs-site/'] },
  js.configs.recommended,
  {
    rules: {
      eqeqeq: 'error',
      'no-var': 'error',
      'prefer-const': 'error',
    },
  },
  {
    files: ['sr_demo/ui/**/*.js', 'sr_demo/static/*.js'],
    languageOptions: { globals: globals.browser },
  },
  {
    files: ['sr_demo/ui/load.js', 'sr_demo/ui/first/cover.js', 'sr_demo/static/theme.js', 'sr_demo/static/service-worker.js'],
    languageOptions: { sourceType: 'script' },
  },
  { files: ['sr_demo/static/service-worker.js'], languageOptions: { globals: globals.serviceworker } },
  { files: ['tests/js/**/*.mjs'], languageOptions: { globals: globals.node } },
];
