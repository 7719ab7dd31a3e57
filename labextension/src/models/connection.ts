/**
 * The cell of a notebook that connects it to a cluster.
 *
 * A notebook is told by what it can do, not by its class: the package that has the class brings the
 * whole editor along, and notebooks of other applications have the same shared model.
 */

/** A cell as all editors of the document share it. */
interface ISharedCell {
  readonly cell_type: string;
  getSource(): string;
}

/** The part of `ISharedNotebook` (@jupyter/ydoc) that is needed. */
export interface ISharedNotebook {
  readonly cells: readonly ISharedCell[];
  insertCell(index: number, cell: object): unknown;
}

/** The part of `Notebook` (@jupyterlab/notebook) that is needed. */
export interface INotebook {
  activeCellIndex: number;
  readonly model: { readonly sharedModel: ISharedNotebook } | null;
}

/** Loads the extension that has the magic. */
const LOAD = '%load_ext treadle';
const LOADS = /^\s*(%(re)?load_ext\s+treadle|import\s+treadle|from\s+treadle)\b/m;

/**
 * Select the cell that connects a notebook to a cluster; if it has none, write it before the active
 * one. Nothing is run.
 */
export function selectConnection(notebook: INotebook, cluster: string): void {
  const shared = notebook.model?.sharedModel;
  if (!shared) {
    return;
  }
  const line = `%cluster connect ${cluster}`;
  const codes = shared.cells.map(cell => (cell.cell_type === 'code' ? cell.getSource() : ''));
  const present = codes.findIndex(code => code.split('\n').some(one => one.trim() === line));
  if (present >= 0) {
    notebook.activeCellIndex = present;
    return;
  }
  const place = Math.max(0, notebook.activeCellIndex);
  const isLoaded = codes.slice(0, place).some(code => LOADS.test(code));
  const source = isLoaded ? line : `${LOAD}\n${line}`;
  shared.insertCell(place, { cell_type: 'code', source, metadata: {}, outputs: [] });
  notebook.activeCellIndex = place;
}
