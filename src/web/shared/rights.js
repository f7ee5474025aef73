/* rights.js - what may be done here by who looks: what is not allowed is not shown. The server decides anyhow.
 *
 * There are no log-ins yet, so whoever reaches the server may do all of it.
 */

const DEEDS = new Set(['import', 'delete', 'hold', 'settings']);

export const may = (deed) => DEEDS.has(deed);
