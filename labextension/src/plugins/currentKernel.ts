/** The kernel of the document that the user works with, whatever application this is. */

import type { JupyterFrontEnd } from '@jupyterlab/application';
import { DocumentWidget } from '@jupyterlab/docregistry';
import { ISignal, Signal } from '@lumino/signaling';

import type { ICurrentDocument } from '../tokens';

/** Stays with the last document that had a kernel while a pane or a text file has the focus. */
export class CurrentKernel implements ICurrentDocument {
  constructor(shell: JupyterFrontEnd.IShell) {
    this._shell = shell;
    shell.currentChanged?.connect(this._onCurrent, this);
    this._onCurrent();
  }

  get id(): string | null {
    return this._document?.context.sessionContext.session?.kernel?.id ?? null;
  }

  get document(): DocumentWidget | null {
    return this._document;
  }

  get kernelspec(): string | null {
    return this._document?.context.sessionContext.session?.kernel?.name ?? null;
  }

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  private _onCurrent(): void {
    const current = this._shell.currentWidget;
    if (!(current instanceof DocumentWidget) || current === this._document) {
      return;
    }
    const { sessionContext } = current.context;
    if (sessionContext.kernelPreference.canStart === false) {
      return;
    }
    this._document?.context.sessionContext.kernelChanged.disconnect(this._emit, this);
    this._document = current;
    sessionContext.kernelChanged.connect(this._emit, this);
    current.disposed.connect(() => {
      if (this._document === current) {
        this._document = null;
        this._emit();
      }
    });
    this._emit();
  }

  private _emit(): void {
    this._changed.emit();
  }

  private _shell: JupyterFrontEnd.IShell;
  private _document: DocumentWidget | null = null;
  private _changed = new Signal<this, void>(this);
}
