/**
 * Turns pointer and keys on a task stream into what they mean. Knows no time and no model.
 *
 * Wheel zooms, with Shift it pans; dragging pans; a double click follows. Keys: arrows pan, `+` and
 * `-` zoom, Home shows everything, End or `f` follows, Space holds or follows, `t` changes to the table.
 */

export interface IStreamActions {
  /** Make the window `factor` times as long, around `x`, or its middle. */
  zoom(factor: number, x?: number): void;
  /** Move the picture by some pixels. */
  pan(pixels: number): void;
  follow(): void;
  toggleFollow(): void;
  showAll(): void;
  toggleTable(): void;
  /** The pointer is at a place, or nowhere. */
  point(x: number, y: number): void;
  unpoint(): void;
}

const ZOOM_STEP = 1.25;
const PAN_STEP = 80;
const DRAG_THRESHOLD = 3;

export class StreamGestures {
  constructor(node: HTMLElement, actions: IStreamActions) {
    this._node = node;
    this._actions = actions;
    node.addEventListener('wheel', this, { passive: false });
    for (const type of EVENTS) {
      node.addEventListener(type, this);
    }
  }

  dispose(): void {
    this._node.removeEventListener('wheel', this);
    for (const type of EVENTS) {
      this._node.removeEventListener(type, this);
    }
  }

  handleEvent(event: Event): void {
    switch (event.type) {
      case 'wheel':
        this._onWheel(event as WheelEvent);
        break;
      case 'pointerdown':
        this._onDown(event as PointerEvent);
        break;
      case 'pointermove':
        this._onMove(event as PointerEvent);
        break;
      case 'pointerup':
      case 'pointercancel':
        this._dragFrom = null;
        this._node.classList.remove('jp-mod-dragging');
        break;
      case 'pointerleave':
        this._actions.unpoint();
        break;
      case 'dblclick':
        this._actions.follow();
        break;
      case 'keydown':
        this._onKey(event as KeyboardEvent);
        break;
    }
  }

  private _onWheel(event: WheelEvent): void {
    event.preventDefault();
    const unit = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 16 : 1;
    const sideways = event.shiftKey ? event.deltaY || event.deltaX : event.deltaX;
    if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
      this._actions.pan(-sideways * unit);
    } else {
      // The same turn of the wheel always zooms by the same factor, however the browser slices it.
      this._actions.zoom(1.0015 ** (event.deltaY * unit), this._place(event)[0]);
    }
  }

  private _onDown(event: PointerEvent): void {
    if (event.button === 0) {
      this._dragFrom = event.clientX;
      this._isDragging = false;
      this._node.setPointerCapture?.(event.pointerId);
    }
  }

  private _onMove(event: PointerEvent): void {
    const [x, y] = this._place(event);
    if (this._dragFrom === null) {
      this._actions.point(x, y);
      return;
    }
    const moved = event.clientX - this._dragFrom;
    // A hand that trembles while it clicks doesn't take the picture out of its following.
    if (!this._isDragging && Math.abs(moved) < DRAG_THRESHOLD) {
      return;
    }
    this._isDragging = true;
    this._dragFrom = event.clientX;
    this._node.classList.add('jp-mod-dragging');
    this._actions.unpoint();
    this._actions.pan(moved);
  }

  private _onKey(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) {
      return;
    }
    const act = KEYS[event.key];
    if (act) {
      event.preventDefault();
      event.stopPropagation();
      act(this._actions);
    }
  }

  private _place(event: MouseEvent): [number, number] {
    const box = this._node.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  }

  private _node: HTMLElement;
  private _actions: IStreamActions;
  private _dragFrom: number | null = null;
  private _isDragging = false;
}

const EVENTS = [
  'pointerdown',
  'pointermove',
  'pointerup',
  'pointercancel',
  'pointerleave',
  'dblclick',
  'keydown'
];

const KEYS: Readonly<Record<string, ((actions: IStreamActions) => void) | undefined>> = {
  ArrowLeft: actions => actions.pan(PAN_STEP),
  ArrowRight: actions => actions.pan(-PAN_STEP),
  '+': actions => actions.zoom(1 / ZOOM_STEP),
  '=': actions => actions.zoom(1 / ZOOM_STEP),
  '-': actions => actions.zoom(ZOOM_STEP),
  Home: actions => actions.showAll(),
  End: actions => actions.follow(),
  f: actions => actions.follow(),
  ' ': actions => actions.toggleFollow(),
  t: actions => actions.toggleTable()
};
