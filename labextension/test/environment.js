/** jsdom, with the parts of a browser that it lacks, and with one kind of bytes. */
const { TestEnvironment } = require('jest-environment-jsdom');

module.exports = class extends TestEnvironment {
  async setup() {
    await super.setup();
    Object.assign(this.global, {
      ArrayBuffer,
      DragEvent: class extends this.global.MouseEvent {},
      Float64Array,
      Headers,
      Int32Array,
      Request,
      Response,
      TextDecoder,
      TextEncoder,
      Uint8Array,
      fetch
    });
  }
};
