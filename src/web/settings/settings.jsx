/* settings.jsx - the page's entry. */

import { render } from 'preact';

import '../shared/base.css';
import './settings.css';
import { Frame } from '../shared/frame.jsx';

render(<Frame page="settings" title="settings" />, document.body);
