/* replay.jsx - the page's entry. */

import { render } from 'preact';

import '../shared/base.css';
import './replay.css';
import { Frame } from '../shared/frame.jsx';

render(<Frame page="replay" title="replay" />, document.body);
