/** Browser tests of the panes, in a real JupyterLab, with the production build. */
const { mkdtempSync, rmSync } = require('fs');
const { tmpdir } = require('os');
const { join } = require('path');

const baseConfig = require('@jupyterlab/galata/lib/playwright-config');

// Clusters are found through this folder: the tests see their own, and nobody else sees those.
if (!process.env.UI_TESTS_PORT) {
  const folder = mkdtempSync(join(tmpdir(), 'treadle-ui-'));
  process.env.JUPYTER_RUNTIME_DIR = folder;
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
}

// A port of this run's own, and the next one for the spec that ends its server: other checkouts may
// run their tests at the same time. Workers read this file again, and find what is set.
process.env.UI_TESTS_PORT ??= String(20_000 + 2 * (process.pid % 10_000));

const SERVER = `http://localhost:${process.env.UI_TESTS_PORT}`;

module.exports = {
  ...baseConfig,
  testDir: './tests',
  workers: 1,
  retries: 0,
  timeout: 90_000,
  reporter: [['list']],
  outputDir: 'test-results',
  use: {
    ...baseConfig.use,
    baseURL: SERVER,
    video: 'off',
    viewport: { width: 1400, height: 900 },
    launchOptions: {
      // A browser of the system: none is downloaded.
      executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync'
      ]
    }
  },
  webServer: {
    command: 'jupyter lab --config jupyter_server_test_config.py',
    url: `${SERVER}/lab`,
    timeout: 120_000,
    reuseExistingServer: false
  }
};
