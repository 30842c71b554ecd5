import '../styles/tokens.css';
import '../styles/base.css';
import { render } from 'preact';
import { prepare, start } from '../app/start.js';
import { Shell } from './shell/shell.js';

prepare();
render(<Shell />, document.getElementById('page')!);
start();
