import jupyter from '@jupyter/eslint-plugin';
import prettier from 'eslint-config-prettier';
import tseslint from 'typescript-eslint';

/** What a floor may not import: the floors above it, and for the lower ones all of JupyterLab. */
const floor = (files, above, packages = []) => ({
  files: [`src/${files}/**/*.ts`],
  rules: {
    'no-restricted-imports': [
      'error',
      {
        patterns: [
          {
            group: [...above.map(name => `**/${name}/**`), ...above.map(name => `**/${name}`)],
            message: 'protocol < transport < models < painters, panes, sidebar, mime < plugins < index'
          },
          ...packages.map(group => ({
            group: [group],
            message: 'This floor knows nothing of JupyterLab.'
          }))
        ]
      }
    ]
  }
});

const PLUGINS = ['plugins', 'index', 'tokens'];
const FACES = ['painters', 'panes', 'sidebar', 'mime', 'icons'];

export default tseslint.config(
  { ignores: ['lib/**', 'node_modules/**', 'src/protocol/messages.ts', '**/*.js', '**/*.mjs'] },
  ...tseslint.configs.recommendedTypeChecked,
  { plugins: { jupyter } },
  jupyter.configs.recommended,
  {
    files: ['src/**/*.ts', 'test/**/*.ts'],
    languageOptions: {
      parserOptions: { project: './tsconfig.test.json', tsconfigRootDir: import.meta.dirname }
    },
    rules: {
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-namespace': 'off',
      '@typescript-eslint/no-redeclare': 'off',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
      '@typescript-eslint/no-unused-expressions': ['error', { allowTernary: true }],
      '@typescript-eslint/unbound-method': 'off',
      '@typescript-eslint/consistent-type-assertions': ['error', { assertionStyle: 'as' }],
      'no-console': 'error',
      'no-restricted-properties': [
        'error',
        { property: 'innerHTML', message: 'Text goes in as textContent.' },
        { property: 'outerHTML', message: 'Text goes in as textContent.' },
        { property: 'insertAdjacentHTML', message: 'Text goes in as textContent.' }
      ],
      'max-lines': ['error', { max: 600 }],
      eqeqeq: 'error',
      curly: 'error'
    }
  },
  floor('protocol', ['transport', 'models', ...FACES, ...PLUGINS], ['@jupyterlab/*', '@lumino/*']),
  floor('transport', ['models', ...FACES, ...PLUGINS]),
  floor('models', [...FACES, ...PLUGINS], ['@jupyterlab/*']),
  {
    files: ['src/{protocol,models}/**/*.ts'],
    rules: { 'no-restricted-globals': ['error', 'document', 'window', 'HTMLElement'] }
  },
  floor('painters', ['panes', 'sidebar', 'mime', 'icons', ...PLUGINS], ['@jupyterlab/*']),
  floor('panes', ['sidebar', 'mime', ...PLUGINS]),
  floor('sidebar', ['panes', 'mime', ...PLUGINS]),
  floor('mime', ['panes', 'sidebar', ...PLUGINS]),
  floor('plugins', ['index']),
  {
    // These are needed as soon as a page has loaded: the list of clusters is watched, the side bar is
    // there, and outputs ask for a renderer that they get at once; commands on clusters use what the
    // list has loaded. Panes wait until one is opened.
    files: ['src/plugins/{client,clusterActions,mime,sidebar}.ts'],
    rules: { 'jupyter/prefer-lazy-imports': 'off' }
  },
  {
    files: ['test/**/*.ts'],
    rules: {
      '@typescript-eslint/no-base-to-string': 'off',
      '@typescript-eslint/no-floating-promises': 'off',
      'jupyter/no-untranslated-string': 'off',
      'jupyter/require-disposable-ownership': 'off'
    }
  },
  prettier
);
