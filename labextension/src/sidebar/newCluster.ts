/** The form for a new cluster. What is left empty, the server chooses. */

import type { INewCluster } from '../transport/requests';
import { ITrans } from '../painters/trans';
import { IClusterActions } from './actions';
import { append, setText } from './dom';

/** As the server checks them; the browser says so sooner. */
const NAME = '[a-z0-9][a-z0-9\\-]{0,62}';
const MEMORY = '(auto|[0-9]{1,6}(\\.[0-9]{1,3})? ?([kMGT]i?)?B)';
const MAX_WORKERS = 1024;
const MAX_THREADS = 256;

export class NewClusterForm {
  constructor(actions: IClusterActions, trans: ITrans, close: () => void) {
    this._actions = actions;
    this._close = close;
    this.node = document.createElement('form');
    this.node.className = 'jp-TreadleNewCluster';
    this.node.setAttribute('aria-label', trans.__('New cluster'));
    this._name = this._field(trans.__('Name'), 'name', 'text');
    this._name.pattern = NAME;
    this._name.placeholder = trans.__('a free one');
    this._name.title = trans.__('Small letters, digits and hyphens');
    this._environment = this._select(trans.__('Environment'));
    this._workers = this._field(trans.__('Workers'), 'workers', 'number');
    this._threads = this._field(trans.__('Threads each'), 'threads', 'number');
    for (const [input, most] of [
      [this._workers, MAX_WORKERS],
      [this._threads, MAX_THREADS]
    ] as const) {
      input.min = '1';
      input.max = String(most);
      input.placeholder = trans.__('by cores');
    }
    this._memory = this._field(trans.__('Memory each'), 'memory', 'text');
    this._memory.pattern = MEMORY;
    this._memory.placeholder = trans.__('its share');
    this._threads.title = trans.__('Threads of each worker');
    this._memory.title = trans.__('Such as 4 GB or 512 MB');
    this._problem = append(this.node, 'div', 'jp-TreadleNewCluster-problem');
    this._problem.setAttribute('role', 'alert');
    const buttons = append(this.node, 'div', 'jp-TreadleNewCluster-buttons');
    const cancel = append(buttons, 'button', 'jp-Dialog-button jp-mod-reject jp-mod-styled');
    cancel.type = 'button';
    cancel.textContent = trans.__('Cancel');
    cancel.addEventListener('click', close);
    this._submit = append(buttons, 'button', 'jp-Dialog-button jp-mod-accept jp-mod-styled');
    this._submit.type = 'submit';
    this._submit.textContent = trans.__('Start');
    this.node.addEventListener('submit', this);
    this.node.addEventListener('keydown', this);
  }

  readonly node: HTMLFormElement;

  /** Begin anew: empty, with the environments that there are now. */
  reset(): void {
    this.node.reset();
    this._show('');
    const { all, chosen } = this._actions.environments();
    this._environment.replaceChildren(
      ...all.map(({ name, label }) => new Option(label, name, name === chosen, name === chosen))
    );
  }

  focus(): void {
    this._name.focus();
  }

  /** What has been filled in. */
  get wanted(): INewCluster {
    const number = (input: HTMLInputElement): number | undefined =>
      input.value === '' ? undefined : Number(input.value);
    return {
      name: this._name.value.trim() || undefined,
      kernelspec: this._environment.value || undefined,
      n_workers: number(this._workers),
      threads_per_worker: number(this._threads),
      memory_limit: this._memory.value.trim() || undefined
    };
  }

  handleEvent(event: Event): void {
    if (event.type === 'submit') {
      event.preventDefault();
      void this._start();
    } else if (event instanceof KeyboardEvent && event.key === 'Escape') {
      event.preventDefault();
      this._close();
    }
  }

  private async _start(): Promise<void> {
    if (this._submit.disabled) {
      return;
    }
    this._submit.disabled = true;
    this._show('');
    try {
      await this._actions.start(this.wanted);
      this._close();
    } catch (error) {
      this._show(error instanceof Error ? error.message : String(error));
    } finally {
      this._submit.disabled = false;
    }
  }

  private _show(problem: string): void {
    this._problem.hidden = problem === '';
    setText(this._problem, problem);
  }

  private _field(label: string, name: string, type: string): HTMLInputElement {
    const row = append(this.node, 'label', 'jp-TreadleNewCluster-field');
    append(row, 'span', 'jp-TreadleNewCluster-label').textContent = label;
    const input = append(row, 'input', 'jp-mod-styled');
    input.name = name;
    input.type = type;
    input.autocomplete = 'off';
    input.spellcheck = false;
    return input;
  }

  private _select(label: string): HTMLSelectElement {
    const row = append(this.node, 'label', 'jp-TreadleNewCluster-field');
    append(row, 'span', 'jp-TreadleNewCluster-label').textContent = label;
    const select = append(row, 'select', 'jp-mod-styled');
    select.name = 'environment';
    return select;
  }

  private _actions: IClusterActions;
  private _close: () => void;
  private _name: HTMLInputElement;
  private _environment: HTMLSelectElement;
  private _workers: HTMLInputElement;
  private _threads: HTMLInputElement;
  private _memory: HTMLInputElement;
  private _problem: HTMLElement;
  private _submit: HTMLButtonElement;
}
