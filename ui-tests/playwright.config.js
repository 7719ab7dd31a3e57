/** Browser tests of the panes, in a real JupyterLab, with the production build. */
const baseConfig = require("@jupyterlab/galata/lib/playwright-config");

module.exports = {
  ...baseConfig,
  testDir: "./tests",
  workers: 1,
  retries: 0,
  timeout: 90_000,
  reporter: [["list"]],
  outputDir: "test-results",
  use: {
    ...baseConfig.use,
    baseURL: process.env.TARGET_URL ?? "http://localhost:8888",
    video: "off",
    viewport: { width: 1400, height: 900 },
    launchOptions: {
      // A browser of the system: none is downloaded.
      executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
      args: [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
      ],
    },
  },
  webServer: {
    command: "jupyter lab --config jupyter_server_test_config.py",
    url: "http://localhost:8888/lab",
    timeout: 120_000,
    reuseExistingServer: !process.env.CI,
  },
};
