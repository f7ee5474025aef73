/* calls.jsx - the page's entry. */

import { render } from 'preact';

import '../shared/base.css';
import './calls.css';
import { Frame } from '../shared/frame.jsx';

render(<Frame page="calls" title="calls" />, document.body);
