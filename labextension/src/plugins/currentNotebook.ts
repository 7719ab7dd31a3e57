/** Whether the document that the user works with is a notebook. */

import type { DocumentRegistry } from '@jupyterlab/docregistry';
import { DocumentWidget } from '@jupyterlab/docregistry';
import type { Widget } from '@lumino/widgets';

import type { INotebook } from '../models/connection';

export type NotebookDocument = DocumentWidget<INotebook & Widget, DocumentRegistry.IModel>;

/** Is that a document whose cells can be written? */
export function isNotebook(widget: Widget | null): widget is NotebookDocument {
  if (!(widget instanceof DocumentWidget)) {
    return false;
  }
  const content = widget.content as Partial<INotebook>;
  return (
    typeof content.activeCellIndex === 'number' &&
    typeof content.model?.sharedModel?.insertCell === 'function'
  );
}
