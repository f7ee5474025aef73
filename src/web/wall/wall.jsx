/* wall.jsx - the page's entry. */

import { render } from 'preact';

import '../shared/base.css';
import './wall.css';
import { Frame } from '../shared/frame.jsx';

render(<Frame page="wall" title="wall" />, document.body);
