import './unauthorised.css';

import { CommandLine } from '../components/command-line.tsx';

/** What a browser without the cookie sees. */
export function Unauthorised() {
  return (
    <main class="gate">
      <div class="panel gate-card">
        <img src="/favicon.svg" alt="" width="44" height="44" />
        <h1>This page is locked</h1>
        <p>
          Only a browser that came by oma's own launch address may see your accounts. In a terminal on this machine,
          run:
        </p>
        <CommandLine command="oma open" />
        <p class="mute">It opens this dashboard and lets this browser in for 30 days.</p>
        <button type="button" class="button" onClick={() => location.reload()}>
          Try again
        </button>
      </div>
    </main>
  );
}
