/** Models, transport and painters run as they are; what imports JupyterLab compiles it on the way. */
const modules = [
  '@jupyter/',
  '@jupyterlab/',
  '@lumino/',
  'lib0',
  'y-protocols',
  'yjs',
  'marked',
  'nanoid',
  'vscode-ws-jsonrpc'
].join('|');

module.exports = {
  testEnvironment: '<rootDir>/test/environment.js',
  testMatch: ['<rootDir>/test/**/*.spec.ts'],
  transform: {
    '\\.(ts|js)x?$': ['ts-jest', { tsconfig: 'tsconfig.test.json' }]
  },
  transformIgnorePatterns: [`/node_modules/(?!(${modules}))`],
  moduleNameMapper: { '\\.(css|svg)$': '<rootDir>/test/asset.js' },
  restoreMocks: true
};
