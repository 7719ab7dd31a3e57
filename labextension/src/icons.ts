/** Icons of treadle: drawn for the 16 px grid, in the colours of the theme. */

import { LabIcon } from '@jupyterlab/ui-components';

const svg = (body: string): string =>
  `<svg xmlns="http://www.w3.org/2000/svg" width="16" height="16" viewBox="0 0 16 16">${body}</svg>`;

/** Three lanes of work, offset like the threads of a loom. */
export const treadleIcon = new LabIcon({
  name: 'treadle:treadle',
  svgstr: svg(
    '<g class="jp-icon3" fill="#616161"><rect x="1" y="2" width="7" height="3" rx="1"/>' +
      '<rect x="9" y="2" width="4" height="3" rx="1"/><rect x="3" y="6.5" width="4" height="3" rx="1"/>' +
      '<rect x="8" y="6.5" width="7" height="3" rx="1"/><rect x="1" y="11" width="5" height="3" rx="1"/>' +
      '<rect x="7" y="11" width="6" height="3" rx="1"/></g>'
  )
});

export const streamIcon = new LabIcon({
  name: 'treadle:task-stream',
  svgstr: svg(
    '<g class="jp-icon3" fill="#616161"><rect x="1" y="3" width="6" height="2.5"/>' +
      '<rect x="8" y="3" width="3" height="2.5"/><rect x="3" y="6.75" width="9" height="2.5"/>' +
      '<rect x="1" y="10.5" width="4" height="2.5"/><rect x="6" y="10.5" width="9" height="2.5"/></g>'
  )
});

export const progressIcon = new LabIcon({
  name: 'treadle:progress',
  svgstr: svg(
    '<g class="jp-icon3" fill="#616161"><path d="M1 3h14v3H1zm1 1v1h12V4z" fill-rule="evenodd"/>' +
      '<rect x="1" y="3" width="10" height="3"/>' +
      '<path d="M1 10h14v3H1zm1 1v1h12v-1z" fill-rule="evenodd"/>' +
      '<rect x="1" y="10" width="6" height="3"/></g>'
  )
});

export const fitIcon = new LabIcon({
  name: 'treadle:fit',
  svgstr: svg(
    '<path class="jp-icon3" fill="#616161" d="M1 3h1.5v10H1zm12.5 0H15v10h-1.5zM3.5 8l3-3v2.2h3V5l3 3-3 3V8.8h-3V11z"/>'
  )
});
