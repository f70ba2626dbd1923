// SPDX-License-Identifier: Apache-2.0
import 'uplot/dist/uPlot.min.css';
import './style/index.css';
import { render } from 'preact';
import { App } from './app';
import { watchLinks } from './base/router';

watchLinks();
const root = document.getElementById('app');
if (root) render(<App />, root);
