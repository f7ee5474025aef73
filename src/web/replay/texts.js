/* texts.js - this page's words. */
import texts from '../texts/replay.json';
import { textsOf } from '../shared/texts.js';

export const t = textsOf(texts);
