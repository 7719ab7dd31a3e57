/** A canvas that keeps the colour of every pixel: rectangles are painted, the rest is noted. */

import { ICanvas } from '../../src/painters/canvas';

export class RecordingCanvas implements ICanvas {
  constructor(
    readonly width: number,
    readonly height: number
  ) {
    this._pixels = new Array<string>(width * height).fill('');
  }

  fillStyle: string | CanvasGradient | CanvasPattern = '#000000';
  strokeStyle: string | CanvasGradient | CanvasPattern = '#000000';
  font = '';
  globalAlpha = 1;
  lineWidth = 1;
  textAlign: CanvasTextAlign = 'start';
  textBaseline: CanvasTextBaseline = 'alphabetic';
  readonly texts: string[] = [];
  readonly outlines: [number, number, number, number][] = [];
  rectangles = 0;
  lines = 0;

  /** Colour at a pixel, with its opacity after a slash where it isn't 1. */
  at(x: number, y: number): string {
    return this._pixels[Math.floor(y) * this.width + Math.floor(x)];
  }

  /** How many pixels of row `y` have a colour. */
  countIn(y: number, colour: string): number {
    let found = 0;
    for (let x = 0; x < this.width; x++) {
      found += this.at(x, y) === colour ? 1 : 0;
    }
    return found;
  }

  fillRect(x: number, y: number, width: number, height: number): void {
    this.rectangles += 1;
    const colour = String(this.fillStyle) + (this.globalAlpha < 1 ? `/${this.globalAlpha}` : '');
    const right = Math.min(this.width, Math.round(x + width));
    const bottom = Math.min(this.height, Math.round(y + height));
    for (let row = Math.max(0, Math.round(y)); row < bottom; row++) {
      for (let column = Math.max(0, Math.round(x)); column < right; column++) {
        this._pixels[row * this.width + column] = colour;
      }
    }
  }

  strokeRect(x: number, y: number, width: number, height: number): void {
    this.outlines.push([x, y, width, height]);
  }

  fillText(text: string): void {
    this.texts.push(text);
  }

  measureText(text: string): TextMetrics {
    return { width: text.length * 6 } as TextMetrics;
  }

  lineTo(): void {
    this.lines += 1;
  }

  beginPath(): void {}
  clip(): void {}
  moveTo(): void {}
  rect(): void {}
  restore(): void {}
  save(): void {}
  setLineDash(): void {}
  stroke(): void {}

  private _pixels: string[];
}
