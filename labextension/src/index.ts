/** The plugins of treadle. */

import { clientPlugin } from './plugins/client';
import { clusterActionsPlugin } from './plugins/clusterActions';
import { mimePlugin } from './plugins/mime';
import { panesPlugin } from './plugins/panes';
import { sidebarPlugin } from './plugins/sidebar';

export default [clientPlugin, mimePlugin, panesPlugin, sidebarPlugin, clusterActionsPlugin];
