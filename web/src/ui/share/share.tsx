import './share.css';
import { ShareLink } from './link.js';
import { ShareText } from './text.js';

/** Inside a dialog with a heading and a close button. */
export function ShareDialog() {
  return (
    <div class="share">
      <ShareLink />
      <ShareText />
    </div>
  );
}
