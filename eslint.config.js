import js from '@eslint/js';
import globals from 'globals';

export default [
  { ignores: ['.venv/', 'node_modules/'] },
  js.configs.recommended,
  {
    rules: {
      eqeqeq: 'error',
      'no-var': 'error',
      'prefer-const': 'error',
    },
  },
  { files: ['sr_demo/ui/**/*.js'], languageOptions: { globals: globals.browser } },
  { files: ['sr_demo/ui/load.js'], languageOptions: { sourceType: 'script' } },
  { files: ['tests/js/**/*.mjs'], languageOptions: { globals: globals.node } },
];
